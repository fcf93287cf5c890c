# What `cmake --install` puts in place: libraries and headers with what find_package and pkg-config read, the program
# with its manual pages and completions, and the shipped models.
include(CMakePackageConfigHelpers)

# autonet_component(NAME FOLDERS … LINK … PRIVATE_LINK …): the library libautonet_NAME, static or shared as
# BUILD_SHARED_LIBS says, of all objects of the folders. Hosts link it as autonet::NAME.
function(autonet_component name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FOLDERS;LINK;PRIVATE_LINK")
  set(objects "")
  foreach(folder ${arg_FOLDERS})
    list(APPEND objects $<TARGET_OBJECTS:autonet_${folder}>)
  endforeach()
  set(target autonet_component_${name})
  add_library(${target} ${objects})
  add_library(autonet::${name} ALIAS ${target})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME autonet_${name} EXPORT_NAME ${name} LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  target_compile_features(${target} INTERFACE cxx_std_20)
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${autonet_include}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PUBLIC ${arg_LINK} PRIVATE ${arg_PRIVATE_LINK})
  # A shared library shows the names of autonet alone: those of Highway, JSON and zlib in it cannot meet the host's.
  get_target_property(type ${target} TYPE)
  if(type STREQUAL SHARED_LIBRARY AND NOT APPLE)
    target_link_options(${target} PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/cmake/exports.map -Wl,--no-undefined)
    set_target_properties(${target} PROPERTIES LINK_DEPENDS ${PROJECT_SOURCE_DIR}/cmake/exports.map)
  endif()
  if(AUTONET_SANITIZE)
    target_link_options(${target} PUBLIC -fsanitize=${AUTONET_SANITIZE})
  endif()
  install(TARGETS ${target} EXPORT autonetTargets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# Threads by their linker flags (none with a recent glibc) and not by CMake's target: readers of the Common Package
# Specification look for every target in a package, and there is none of threads.
autonet_component(core FOLDERS text autograd ops check LINK ${CMAKE_THREAD_LIBS_INIT} PRIVATE_LINK hwy::hwy)
autonet_component(models FOLDERS data models LINK autonet_component_core
  PRIVATE_LINK ZLIB::ZLIB ${autonet_optional_libraries})
autonet_component(train FOLDERS train LINK autonet_component_models PRIVATE_LINK ZLIB::ZLIB)
autonet_component(exchange FOLDERS exchange LINK autonet_component_train)
if(AUTONET_HAVE_HDF5)
  autonet_component(hdf5 FOLDERS data_hdf5 LINK autonet_component_models PRIVATE_LINK ${AUTONET_HDF5_LIBRARY})
endif()
if(AUTONET_HAVE_MPI)
  autonet_component(mpi FOLDERS train_mpi LINK autonet_component_train PRIVATE_LINK ${MPI_CXX_LIBRARIES})
endif()

# What a host links if it does not choose: everything but the command line.
add_library(autonet INTERFACE)
target_link_libraries(autonet INTERFACE autonet_component_train autonet_component_exchange)
add_library(autonet::autonet ALIAS autonet)

if(AUTONET_INSTALL)
  install(TARGETS autonet EXPORT autonetTargets)
  set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/autonet)
  install(EXPORT autonetTargets NAMESPACE autonet:: DESTINATION ${config_dir})
  configure_package_config_file(cmake/autonetConfig.cmake.in ${PROJECT_BINARY_DIR}/autonetConfig.cmake
    INSTALL_DESTINATION ${config_dir} NO_SET_AND_CHECK_MACRO)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/autonetConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/autonetConfig.cmake ${PROJECT_BINARY_DIR}/autonetConfigVersion.cmake
    DESTINATION ${config_dir})
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 4.3)
    install(PACKAGE_INFO autonet EXPORT autonetTargets)
  endif()

  # A shared library brings what it uses; with a static one, pkg-config's readers link that too.
  get_target_property(type autonet_component_core TYPE)
  set(autonet_pc_libs "-lhwy -lz${autonet_optional_flags} -pthread")
  set(autonet_pc_private "")
  if(type STREQUAL SHARED_LIBRARY)
    set(autonet_pc_libs "")
    set(autonet_pc_private "-lhwy -lz${autonet_optional_flags} -pthread")
  endif()
  file(RELATIVE_PATH autonet_pc_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  configure_file(cmake/autonet.pc.in ${PROJECT_BINARY_DIR}/autonet.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/autonet.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

  file(GLOB autonet_models CONFIGURE_DEPENDS models/*.json)
  install(FILES ${autonet_models} DESTINATION ${CMAKE_INSTALL_DATADIR}/autonet/models)
  # cpack -G DEB makes a Debian package; ./dev package calls it.
  set(CPACK_PACKAGE_NAME autonet)
  set(CPACK_PACKAGE_CONTACT "the autonet developers")
  set(CPACK_PACKAGE_VENDOR "the autonet developers")
  set(CPACK_PACKAGE_DESCRIPTION "The program trains small networks that are described in JSON files and checks their
gradients. The library brings the same to C++ programs: #include <autonet/autonet.h>.")
  set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
  set(CPACK_STRIP_FILES ON)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION devel)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR})
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS libcurl4)  # which `data fetch` loads
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, g++, libeigen3-dev, pkgconf")
  include(CPack)

  install(FILES README.md CHANGELOG.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
endif()
