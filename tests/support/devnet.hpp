// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "chain/base/result.hpp"
#include "chain/rpc/failover.hpp"

namespace outrigger::test {

/// A node of the local chain may be as old as it likes: its time is its own.
inline NodeSetOptions any_age() {
    NodeSetOptions options;
    options.head_age = {std::nullopt, std::nullopt};
    return options;
}

struct DevnetOptions {
    int block_time_s = 0;                    // 0: a block per transaction
    std::chrono::seconds ready_within{240};  // the first start builds the world
};

/// The local devnet (devnet/serve.mjs) as a child process: it ends with this object, or with us.
class Devnet {
  public:
    /// A running devnet. Errors: Errc::transport with what it wrote on its standard error.
    static Result<std::unique_ptr<Devnet>> start(const DevnetOptions& options = {});
    ~Devnet();

    const std::string& rpc_url() const;
    const std::string& control_url() const;
    const std::string& world_path() const;
    /// The addresses, accounts and positions by name, as devnet/README.md lists them.
    const nlohmann::json& world() const;

    /// The control server's answer. Errors: Errc::rejected with its own message.
    Result<nlohmann::json> get(std::string_view path);
    Result<nlohmann::json> post(std::string_view path, const nlohmann::json& body);
    /// The result of any JSON-RPC method of the node itself. Errors: Errc::rejected with the node's message.
    Result<nlohmann::json> rpc(std::string_view method, const nlohmann::json& params);

    /// Makes the node hang: it accepts connections and answers nothing, from the moment this returns.
    void suspend_node();
    void resume_node();

  private:
    struct Impl;
    explicit Devnet(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace outrigger::test
