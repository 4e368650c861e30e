// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "chain/rpc/curl_transport.hpp"
#include "keeper/cli/failure.hpp"

namespace outrigger::cli {

/// Where the local chain's npm project is: beside the binary's source tree, or under the working directory.
/// Errors: Exit::error, with the command that installs it.
Outcome<std::string> find_devnet_directory();

/// What serve.mjs said when it was ready.
struct LocalChainInfo {
    std::string rpc;
    std::string control;
    std::string world;  // path of the world file
    std::uint64_t chain_id = 0;
    pid_t pid = 0;  // of serve.mjs
};

/// Asks the local chain's control server. Errors: Errc::transport, Errc::rejected with its message.
Result<nlohmann::json> ask_control(Transport& transport, const std::string& control, const std::string& path,
                                   const nlohmann::json& body);

/// A local chain of our own: node serve.mjs, stopped with this object.
class LocalChain {
  public:
    /// Starts it and waits until it is ready; its progress lines go to `progress`. With `detached` it
    /// outlives us.
    static Outcome<std::unique_ptr<LocalChain>> start(const std::function<void(const std::string&)>& progress,
                                                      int port, bool detached, const std::string& log_file);
    ~LocalChain();
    LocalChain(const LocalChain&) = delete;
    LocalChain& operator=(const LocalChain&) = delete;

    const LocalChainInfo& info() const { return info_; }
    Result<nlohmann::json> control(const std::string& path, const nlohmann::json& body);

  private:
    LocalChain(LocalChainInfo info, bool detached) : info_(std::move(info)), detached_(detached) {}
    LocalChainInfo info_;
    bool detached_;
    CurlTransport transport_;
};

}  // namespace outrigger::cli
