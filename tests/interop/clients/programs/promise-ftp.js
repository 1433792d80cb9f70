// node promise-ftp.js HOST PORT TLS MODE USER PASSWORD AUTHORITY FOLDER (OPERATION NAME OTHER)...
const fs = require('fs');
const PromiseFtp = require('promise-ftp');

async function fetch(client, name, target, flags) {
  const source = await client.get(name);
  await new Promise((resolve, reject) => {
    source.once('close', resolve);
    source.once('error', reject);
    source.pipe(fs.createWriteStream(target, { flags }));
  });
}

async function main([host, port, tls, mode, user, password, authority, folder, ...words]) {
  const client = new PromiseFtp();
  const secure = { off: false, explicit: true, implicit: 'implicit' }[tls];
  const secureOptions = { ca: fs.readFileSync(authority) };
  await client.connect({ host, port: +port, user, password, secure, secureOptions, pasvTimeout: 10000 });
  await client.cwd(folder);
  while (words.length) {
    const [operation, name, other] = words.splice(0, 3);
    if (operation === 'list') {
      for (const file of await client.list()) console.log(file.size, file.name);
    } else if (operation === 'download') await fetch(client, name, other, 'w');
    else if (operation === 'resume_download') {
      await client.restart(fs.statSync(other).size);
      await fetch(client, name, other, 'a');
    } else if (operation === 'upload') await client.put(other, name);
    else if (operation === 'rename') await client.rename(name, other);
    else if (operation === 'delete') await client.delete(name);
    else if (operation === 'make_directory') await client.mkdir(name);
  }
  await client.end();
}

main(process.argv.slice(2)).catch((error) => { console.error(error); process.exit(1); });
