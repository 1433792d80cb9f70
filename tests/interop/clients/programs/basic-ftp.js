// node basic-ftp.js HOST PORT TLS MODE USER PASSWORD AUTHORITY FOLDER (OPERATION NAME OTHER)...
const fs = require('fs');
const { Client } = require('basic-ftp');

async function main([host, port, tls, mode, user, password, authority, folder, ...words]) {
  const client = new Client(10000);
  const secure = { off: false, explicit: true, implicit: 'implicit' }[tls];
  const secureOptions = { ca: fs.readFileSync(authority) };
  await client.access({ host, port: +port, user, password, secure, secureOptions });
  await client.cd(folder);
  while (words.length) {
    const [operation, name, other] = words.splice(0, 3);
    if (operation === 'list') {
      for (const file of await client.list()) console.log(file.size, file.name);
    } else if (operation === 'download') await client.downloadTo(other, name);
    else if (operation === 'resume_download') await client.downloadTo(other, name, fs.statSync(other).size);
    else if (operation === 'upload') await client.uploadFrom(other, name);
    else if (operation === 'resume_upload') {
      await client.appendFrom(other, name, { localStart: await client.size(name) });
    } else if (operation === 'rename') await client.rename(name, other);
    else if (operation === 'delete') await client.remove(name);
    else if (operation === 'make_directory') await client.send('MKD ' + name);
  }
  client.close();
}

main(process.argv.slice(2)).catch((error) => { console.error(error); process.exit(1); });
