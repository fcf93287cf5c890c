# Libraries for reading some kinds of files. Where one is missing, all else works, and a file of its kind gets an error
# that says what to install.
set(autonet_optional_libraries "")
set(autonet_optional_definitions "")
set(autonet_optional_flags "")     # for pkg-config
set(autonet_optional_packages "")  # for find_package
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
