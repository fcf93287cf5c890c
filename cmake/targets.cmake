# autonet_folder(NAME [SMALL] PUBLIC … LINK … PRIVATE_LINK …): the static library autonet_NAME of all sources in and below the
# current folder, but those of optional components. PUBLIC lists the headers that host programs may include, as <autonet/NAME/…>; all others are included
# by their path from the root and are not installed. LINK names the folders that its headers use, and packages;
# PRIVATE_LINK what only its sources use. A folder that uses another without naming it does not link. The code of a SMALL
# folder is optimised for size: it takes no noticeable part of the time.
set(autonet_include ${PROJECT_BINARY_DIR}/include)
file(REMOVE_RECURSE ${autonet_include})
add_library(autonet_settings INTERFACE)
target_include_directories(autonet_settings INTERFACE
  ${autonet_include} ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_features(autonet_settings INTERFACE cxx_std_20)
add_library(autonet_warnings INTERFACE)
# GCC 12 falsely warns of overlapping copies inside std::string (GCC bug 105651), hence -Wno-restrict.
target_compile_options(autonet_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<BOOL:${AUTONET_WERROR}>:-Werror>)
if(AUTONET_SANITIZE)
  target_compile_options(autonet_settings INTERFACE -fsanitize=${AUTONET_SANITIZE}
    -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(autonet_settings INTERFACE -fsanitize=${AUTONET_SANITIZE})
endif()

# Makes PATH, a header given by its path from the root, public as <autonet/PATH>, here and where autonet is installed.
function(autonet_public_header path)
  get_filename_component(folder ${path} DIRECTORY)
  file(MAKE_DIRECTORY ${autonet_include}/autonet/${folder})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${path} ${autonet_include}/autonet/${path} SYMBOLIC)
  if(AUTONET_INSTALL)
    install(FILES ${PROJECT_SOURCE_DIR}/${path} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/autonet/${folder})
  endif()
endfunction()

function(autonet_folder folder)
  cmake_parse_arguments(PARSE_ARGV 1 arg "SMALL" "" "PUBLIC;LINK;PRIVATE_LINK")
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$|/data/hdf5/|/train/mpi/")
  add_library(autonet_${folder} STATIC ${sources})
  # A section for each function, so that a host can leave out those that it does not use (-Wl,--gc-sections).
  target_compile_options(autonet_${folder} PRIVATE -ffunction-sections -fdata-sections
    $<$<AND:$<BOOL:${arg_SMALL}>,$<CONFIG:Release>>:-Os>)
  target_link_libraries(autonet_${folder}
    PUBLIC autonet_settings ${arg_LINK}
    PRIVATE autonet_warnings ${arg_PRIVATE_LINK})
  foreach(header ${arg_PUBLIC})
    autonet_public_header(${folder}/${header})
  endforeach()
endfunction()
