#pragma once

#include <array>
#include <string>
#include <vector>

#include "autonet/data/splits.h"

namespace autonet::internal {

/// A picture of a folder, and the number of its class.
struct FolderFile {
  std::string path;
  Index label = 0;
};

/// What a folder of pictures holds. The files stand in one fixed random order, so that the first of
/// them are of all classes.
struct PictureFolder {
  std::vector<std::string> class_names;
  std::vector<FolderFile> train = {};
  std::vector<FolderFile> test = {};
  std::array<Index, 3> image{};  // [rows, columns, channels] of all images
};

/// Lists a folder with one sub-folder of pictures (PNG, JPEG, PGM, PPM) for each class, or with the
/// folders train/ and test/ above those; reads the headers of all pictures. The classes are the
/// names of the sub-folders in sorted order, or `class_names` if it is not empty. Files and folders
/// whose names begin with a dot and files with other endings are ignored.
///
/// size: the rows and columns to which pictures are resized; without it, all must have one size.
/// colour: "grey" or "rgb"; empty: grey if all pictures are.
///
/// Throws DataError: for a folder without sub-folders, a class without pictures, a folder of test
/// pictures that is no class, pictures of different sizes (naming two), and damaged files.
PictureFolder list_pictures(const DataSpec& spec, const std::string& folder,
                            const std::vector<std::string>& class_names);

/// Reads the pictures of a list as images [n,rows,columns,channels] with numbers 0 to 255.
Examples read_pictures(const std::vector<FolderFile>& files, const std::array<Index, 3>& image);

}  // namespace autonet::internal
