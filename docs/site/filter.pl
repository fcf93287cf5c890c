# Doxygen's input filter: perl -p docs/site/filter.pl FILE. Lines keep their numbers.
BEGIN { our ($folder, $file, $name, $type); ($folder, $file, $name, $type) = $ARGV[0] =~ m{([^/]*)/(([^/]*)\.(\w+))$} }
our ($folder, $file, $name, $type);

if ($type eq 'h') {
  # What a header declares in namespace autonet becomes a group of the reference, within its folder's group.
  # The command "header" is one of Doxyfile's ALIASES.
  s{^namespace autonet \{\K}{ /** \@header{${folder}_$name,$folder/$file,$folder} */};
  s{^(?=\} +// namespace autonet$)}{/** \@\} */ };
} elsif ($type eq 'md') {
  # Doxygen's Markdown lacks the following. Code inside a link's text:
  s{\[`([^]`]*)`\]\(}{[$1](}g;
  # Links to headings, by the names that GitHub gives them, and to the example programs:
  s{^(##+ )(.*)}{$1 . $2 . " {#" . label($name, $2) . "}"}e;
  s{\]\(#([^)]+)\)}{](\@ref $name-$1)}g;
  s{\]\([^)]*?([\w-]+)\.md#([^)]+)\)}{](\@ref $1-$2)}g;
  s{\]\((?:\.\./)*examples/(\w+)\.cc\)}{](\@ref example_$1)}g;
  s{\]\((?:\.\./)*examples/?\)}{](\@ref examples)}g;
  # In the navigation, decisions stand below their list:
  s{^- \[(.*)\]\(decisions/(.*)\.md\)}{"- \@subpage md_docs_decisions_" . ($2 =~ tr/-/_/r) . " \"$1\""}e;
}

sub label {
  my ($page, $heading) = @_;
  $heading =~ s/[^\w -]//g;
  return "$page-" . lc($heading =~ tr/ /-/r);
}
