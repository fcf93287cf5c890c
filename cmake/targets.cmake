# autonet_folder(NAME folder SOURCES … LINK …): the static library of one folder of the tree.
# LINK names the folders below it (and packages): an arrow that is not named here does not link.
add_library(autonet_settings INTERFACE)
target_include_directories(autonet_settings INTERFACE
  ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
add_library(autonet_warnings INTERFACE)
# GCC 12 warns of overlapping copies inside std::string that are not there (its bug 105651).
target_compile_options(autonet_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${AUTONET_WERROR}>:-Werror>)
if(AUTONET_SANITIZE)
  target_compile_options(autonet_settings INTERFACE -fsanitize=address,undefined
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(autonet_settings INTERFACE -fsanitize=address,undefined)
endif()

function(autonet_folder folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINK;PRIVATE_LINK")
  add_library(autonet_${folder} STATIC ${arg_SOURCES})
  target_link_libraries(autonet_${folder}
    PUBLIC autonet_settings ${arg_LINK}
    PRIVATE autonet_warnings ${arg_PRIVATE_LINK})
endfunction()
