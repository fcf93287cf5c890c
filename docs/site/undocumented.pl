# Prints the public names without documentation in Doxygen's XML output (made with EXTRACT_ALL, since Doxygen's
# own warnings leave out enum values and classes of which no member is documented).
# perl undocumented.pl xml/*.xml
use strict;
use warnings;

my %found;
for my $file (@ARGV) {
  local (@ARGV, $/) = $file;
  my $text = <>;
  my ($kind, $protection) = $text =~ /<compounddef [^>]*\bkind="(\w+)"[^>]*?(?:\bprot="(\w+)")?[^>]*>/ or next;
  next unless $kind =~ /^(class|struct|union|namespace|group)$/ && ($protection // 'public') ne 'private';
  my $scope = $kind =~ /namespace|group/ ? '' : $text =~ m{<compoundname>(?:autonet::)?(.*?)</compoundname>} ? "$1::" : '';
  while ($text =~ m{<memberdef kind="(\w+)" [^>]*\bprot="(\w+)"[^>]*>(.*?)</memberdef>}gs) {
    my ($what, $access, $member) = ($1, $2, $3);
    next if $access eq 'private' || $what eq 'friend' || $what eq 'define';
    while ($member =~ s{<enumvalue [^>]*>\s*<name>(.*?)</name>(.*?)</enumvalue>}{}s) {
      my ($value, $rest) = ($1, $2);
      report("$value, a value of an enum", $rest, $member);
    }
    my ($name) = $member =~ m{<name>(.*?)</name>};
    my ($arguments) = $member =~ m{<argsstring>(.*?)</argsstring>}s;
    next if $name =~ /^[~@]/ || ($arguments // '') =~ /=\s*(delete|default)$/;
    report("$scope$name, a $what", $member, $member);
  }
  if ($scope) {
    $text =~ s{<sectiondef.*</sectiondef>}{}s;
    report(substr($scope, 0, -2) . ", a $kind", $text, $text);
  }
}
print sort keys %found;

sub report {
  my ($name, $description, $place) = @_;
  return if $description =~ m{<(brief|detailed)description>\s*<(?!/)};
  my ($file, $line) = $place =~ /<location file="([^"]*)" line="(\d+)"/;
  $found{"$file:$line: $name\n"} = 1;
}
