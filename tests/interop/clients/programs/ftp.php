<?php
// php ftp.php HOST PORT TLS MODE USER PASSWORD AUTHORITY FOLDER (OPERATION NAME OTHER)...
[, $host, $port, $tls, $mode, $user, $password, $authority, $folder] = $argv;
set_error_handler(function ($number, $text) { throw new Exception($text); });
$ftp = $tls === 'off' ? ftp_connect($host, (int) $port, 10) : ftp_ssl_connect($host, (int) $port, 10);
ftp_login($ftp, $user, $password);
ftp_pasv($ftp, $mode === 'passive');
ftp_chdir($ftp, $folder);
foreach (array_chunk(array_slice($argv, 9), 3) as [$operation, $name, $other]) {
    switch ($operation) {
        case 'list':
            foreach (ftp_rawlist($ftp, '.') as $line) {
                echo $line, "\n";
            }
            break;
        case 'download': ftp_get($ftp, $other, $name, FTP_BINARY); break;
        case 'resume_download': ftp_get($ftp, $other, $name, FTP_BINARY, filesize($other)); break;
        case 'upload': ftp_put($ftp, $name, $other, FTP_BINARY); break;
        case 'resume_upload': ftp_put($ftp, $name, $other, FTP_BINARY, FTP_AUTORESUME); break;
        case 'rename': ftp_rename($ftp, $name, $other); break;
        case 'delete': ftp_delete($ftp, $name); break;
        case 'make_directory': ftp_mkdir($ftp, $name); break;
    }
}
ftp_close($ftp);
