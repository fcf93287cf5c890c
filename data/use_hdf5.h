#pragma once

namespace autonet {

/// From now on, HDF5 files are read: "data": {"file": "points.h5"} of a model, and the data set
/// usps-h5. Call it once, before other threads read data. It is in the component autonet::hdf5,
/// which exists where autonet was built with libhdf5.
void use_hdf5();

}  // namespace autonet
