# perl ftp.pl HOST PORT TLS MODE USER PASSWORD AUTHORITY FOLDER (OPERATION NAME OTHER)...
use strict;
use warnings;
use Net::FTP;

my ($host, $port, $tls, $mode, $user, $password, $authority, $folder, @operations) = @ARGV;
my %options = (Port => $port, Passive => $mode eq 'passive', Timeout => 10, SSL_ca_file => $authority);
$options{SSL} = 1 if $tls eq 'implicit';
my $ftp = Net::FTP->new($host, %options) or die "$@";
sub check { $_[0] or die $ftp->code . ' ' . $ftp->message . "$@ $!" }
check($ftp->starttls) if $tls eq 'explicit';
check($ftp->login($user, $password));
check($ftp->binary);
check($ftp->cwd($folder));
while (my ($operation, $name, $other) = splice @operations, 0, 3) {
    if ($operation eq 'list') { my $lines = $ftp->dir; check($lines); print "$_\n" for @$lines }
    elsif ($operation eq 'download') { check($ftp->get($name, $other)) }
    elsif ($operation eq 'resume_download') { check($ftp->get($name, $other, -s $other)) }
    elsif ($operation eq 'upload') { check($ftp->put($other, $name)) }
    elsif ($operation eq 'rename') { check($ftp->rename($name, $other)) }
    elsif ($operation eq 'delete') { check($ftp->delete($name)) }
    elsif ($operation eq 'make_directory') { check($ftp->mkdir($name)) }
}
check($ftp->quit);
