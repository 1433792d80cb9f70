# ruby ftp.rb HOST PORT TLS MODE USER PASSWORD AUTHORITY FOLDER (OPERATION NAME OTHER)...
require 'net/ftp'

host, port, tls, mode, user, password, authority, folder, *operations = ARGV.map { |each| each.dup.force_encoding('UTF-8') }
options = { port: port.to_i, passive: mode == 'passive', open_timeout: 10, read_timeout: 10 }
options[:ssl] = { ca_file: authority } if tls == 'explicit'
ftp = Net::FTP.new(host, **options)
ftp.login(user, password)
ftp.chdir(folder)
operations.each_slice(3) do |operation, name, other|
  ftp.resume = operation.start_with?('resume_')
  case operation
  when 'list' then puts ftp.list
  when 'download', 'resume_download' then ftp.getbinaryfile(name, other)
  when 'upload', 'resume_upload' then ftp.putbinaryfile(other, name)
  when 'rename' then ftp.rename(name, other)
  when 'delete' then ftp.delete(name)
  when 'make_directory' then ftp.mkdir(name)
  end
end
ftp.quit
ftp.close
