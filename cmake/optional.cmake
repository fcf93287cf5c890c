# Libraries for reading some kinds of files. Where one is missing, all else works, and a file of its kind gets an error
# that says what to install.
set(autonet_optional_libraries "")
set(autonet_optional_definitions "")
set(autonet_optional_flags "")     # for pkg-config
set(autonet_optional_packages "")  # for find_package
# Debian's libhdf5 stands in a folder of its own.
find_path(AUTONET_HDF5_INCLUDE hdf5.h PATH_SUFFIXES hdf5/serial)
find_library(AUTONET_HDF5_LIBRARY NAMES hdf5_serial hdf5 PATH_SUFFIXES hdf5/serial)
mark_as_advanced(AUTONET_HDF5_INCLUDE AUTONET_HDF5_LIBRARY)
if(AUTONET_HDF5_INCLUDE AND AUTONET_HDF5_LIBRARY)
  set(AUTONET_HAVE_HDF5 TRUE)
else()
  message(STATUS "Without libhdf5 its files cannot be read")
endif()
foreach(row "PNG;PNG::PNG;-lpng" "JPEG;JPEG::JPEG;-ljpeg")
  list(GET row 0 package)
  find_package(${package})
  if(${package}_FOUND)
    list(GET row 1 library)
    list(GET row 2 flag)
    list(APPEND autonet_optional_libraries ${library})
    list(APPEND autonet_optional_definitions AUTONET_HAVE_${package})
    string(APPEND autonet_optional_flags " ${flag}")
    string(APPEND autonet_optional_packages "  find_dependency(${package})\n")
  else()
    message(STATUS "Without ${package} its files cannot be read")
  endif()
endforeach()
