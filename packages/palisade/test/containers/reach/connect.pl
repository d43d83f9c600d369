# Tries to connect to each of its arguments (host:port, or [address]:port), all at the same time, and prints those that
# answered. Perl because it is in every stand-in image, and because one process that forks costs little: two dozen clients
# in each of eleven containers would wait for the processor longer than for an answer.
use strict;
use warnings;
use IO::Socket::IP;

$| = 1;
my @children;
for my $target (@ARGV) {
  my $child = fork;
  die "fork: $!\n" if !defined $child;
  if ($child) { push @children, $child; next }
  my ($host, $port) = $target =~ /^\[?(.*?)\]?:(\d+)$/ or die "no host:port: $target\n";
  # Three seconds for the connection; eight with the question for the name, which an unknown one may take long to answer.
  alarm 8;
  print "$target\n" if IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Type => SOCK_STREAM, Timeout => 3);
  exit 0;
}
waitpid $_, 0 for @children;
