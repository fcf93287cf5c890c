# Prints every link between the given HTML files whose target does not exist, and fails if there is one.
# Run in their folder: perl links.pl *.html
use strict;
use warnings;

my (%exists, @links);
for my $page (@ARGV) {
  local (@ARGV, $/) = $page;
  my $text = <>;
  $exists{$page} = 1;
  $exists{"$page#$1"} = 1 while $text =~ /\b(?:id|name)="([^"]*)"/g;
  push @links, [$page, $1] while $text =~ /\bhref="([^"]*)"/g;
}
my $broken = 0;
for (@links) {
  my ($page, $target) = @$_;
  $target =~ s/#$//;
  next if $target =~ /^\w+:/ || $target =~ /\.css$/ || $target eq '';
  $target = $page . $target if $target =~ /^#/;
  next if $exists{$target};
  next if $target =~ /#nested-classes$/;  # Doxygen links to the list of nested classes even if all are private
  print "$page: broken link: $target\n";
  $broken = 1;
}
exit $broken;
