// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "chain/base/hex.hpp"
#include "keeper/cli/context.hpp"
#include "keeper/cli/devnet_config.hpp"
#include "keeper/shell/keeper.hpp"
#include "tests/support/devnet.hpp"

namespace outrigger::test {

using nlohmann::json;

/// A directory that goes with the test.
class TemporaryDirectory {
  public:
    TemporaryDirectory() {
        std::string name = (std::filesystem::temp_directory_path() / "outrigger-test-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// A devnet, a directory, and a keeper's configuration for both.
class World {
  public:
    World() {
        auto started = Devnet::start();
        if (!started) {
            ADD_FAILURE() << started.error().what;
            std::abort();
        }
        devnet_ = *std::move(started);
        use_rpc(devnet_->rpc_url());
    }

    Devnet& devnet() { return *devnet_; }
    const std::string& directory() const { return directory_.path(); }
    std::string config_file() const { return directory_.path() + "/outrigger.toml"; }
    std::string datadir() const { return directory_.path() + "/data"; }
    json post(const std::string& path, const json& body) {
        auto answer = devnet_->post(path, body);
        EXPECT_TRUE(answer) << path << ": " << answer.error().what;
        return answer.value_or(json::object());
    }

    /// Points the configuration at another node, for example a proxy in front of the devnet's.
    void use_rpc(const std::string& url) {
        const cli::LocalChainInfo info{url, devnet_->control_url(), devnet_->world_path(), 31337, 0};
        const auto text = cli::devnet_config(info, datadir());
        ASSERT_TRUE(text) << text.error().what;
        // A band that a test can say by hand; the cheapest one has tests of its own.
        std::string plain = *text;
        const std::string section = "[defaults.thresholds]\n";
        plain.insert(plain.find(section) + section.size(), "delta_band_ratio = 0.10\n");
        write_config(plain);
    }
    void write_config(const std::string& text) { std::ofstream(config_file()) << text; }
    std::string config_text() const {
        std::ifstream in(config_file());
        return {std::istreambuf_iterator<char>(in), {}};
    }

    config::Settings settings() {
        auto loaded = cli::load_settings({config_file(), {}, {}});
        if (!loaded) {
            ADD_FAILURE() << loaded.error().what << loaded.error().why;
            std::abort();
        }
        return *std::move(loaded);
    }

    Result<std::unique_ptr<Keeper>> keeper(Mode mode, bool resume = false,
                                           std::unique_ptr<tx::Signer> signer = nullptr) {
        const auto s = settings();
        Keeper::Options options;
        options.mode = mode;
        options.account = s.key.address;
        options.triggers = false;
        options.resume = resume;
        if (signer == nullptr && mode == Mode::live) {
            auto opened = cli::open_signer(s);
            if (!opened) return fail(Errc::key, opened.error().what + ": " + opened.error().why);
            signer = *std::move(opened);
        }
        return Keeper::start(s, std::move(options), std::move(signer));
    }

  private:
    std::unique_ptr<Devnet> devnet_;
    TemporaryDirectory directory_;
};

/// Rounds until nothing is wanted and nothing is in flight; the last round, or the error that stopped it.
inline Result<RoundReport> settle_down(Keeper& keeper, World& world) {
    int idle = 0;
    for (int n = 0; n < 300; ++n) {
        auto round = keeper.round();
        if (!round) return round;
        if (round->idle) {
            // Nothing new: a transaction that was swallowed by a crash needs a block to be noticed.
            if (++idle % 20 == 0) world.post("/mine", {{"blocks", 1}, {"interval", 12}});
            if (idle > 400) return fail(Errc::timeout, "no block came");
            continue;
        }
        if (round->acted.what == Acted::What::refused)
            return fail(Errc::rejected, round->acted.label + ": " + round->acted.reason);
        if (round->acted.what == Acted::What::nothing && round->seen.in_flight.empty()) return round;
    }
    return fail(Errc::timeout, "the keeper does not come to rest");
}

}  // namespace outrigger::test
