#pragma once

#include <string>

#include "cli/download.h"

namespace autonet::cli {

/// How one request for a file ended.
struct Transfer {
  enum class End {
    complete,
    cut_short,    // the connection ended early; what arrived is kept
    not_resumed,  // the server cannot send a part of the file
    failed,       // this address does not have the file
    no_space,     // the file cannot be written
  };
  End end = End::failed;
  std::string problem;  // in words, unless it is complete
};

/// What has to be done before files can be transferred; empty if nothing has.
std::string transfer_lacks();

/// Requests the file at `url` from byte `from` on and appends what arrives to the open file
/// `descriptor`. With a size `total` that is not 0, a server that announces or sends another one is
/// refused. Follows redirects to http and https. Proxies are those of the environment.
Transfer transfer(const std::string& url, int descriptor, Index from, Index total, int timeout,
                  DownloadObserver& observer);

}  // namespace autonet::cli
