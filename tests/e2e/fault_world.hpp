// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/e2e/world.hpp"
#include "tests/faultproxy/fault_proxy.hpp"

namespace outrigger::test {

/// The keeper on the devnet through a proxy that stumbles. All tests of a suite share one devnet.
class FaultWorld : public ::testing::Test {
  protected:
    static void SetUpTestSuite() { world_ = std::make_unique<World>(); }
    static void TearDownTestSuite() { world_.reset(); }
    static World& world() { return *world_; }

    void SetUp() override {
        std::filesystem::remove_all(world().datadir());
        world().post("/price", {{"WETH", 3152.4}, {"seconds", 12}});  // the feeds are as new as the blocks
        proxy_ = std::make_unique<FaultProxy>(world().devnet().rpc_url());
    }
    FaultProxy& proxy() { return *proxy_; }

    /// The configuration with these endpoints, each with a timeout of two seconds.
    static void use(const std::vector<std::string>& urls, const std::string& chain_keys = {}) {
        world().use_rpc(urls.front());
        std::string text = world().config_text();
        const auto url_end = text.find('\n', text.find("url = \"" + urls.front()));
        text.insert(url_end + 1, "timeout = \"2s\"\n");
        for (std::size_t i = 1; i < urls.size(); ++i)
            text += "\n[[chain.rpc]]\nurl = \"" + urls[i] + "\"\ntimeout = \"2s\"\n";
        text.insert(text.find("[chain]\n") + 8, chain_keys);
        world().write_config(text);
    }
    void use_proxy_alone() { use({proxy().url()}); }
    void use_proxy_and_node(const std::string& chain_keys = {}) {
        use({proxy().url(), world().devnet().rpc_url()}, chain_keys);
    }
    static std::unique_ptr<Keeper> start(Mode mode = Mode::dry_run) {
        auto keeper = world().keeper(mode);
        if (keeper) return *std::move(keeper);
        ADD_FAILURE() << keeper.error().what;
        std::abort();
    }

    static void mine(int blocks = 1, int interval_s = 12) {
        world().post("/mine", {{"blocks", blocks}, {"interval", interval_s}});
    }
    /// A round at a new block.
    static Result<RoundReport> next_round(Keeper& keeper) {
        mine();
        return keeper.round();
    }
    static void expect_complete(const Result<RoundReport>& round) {
        ASSERT_TRUE(round) << round.error().what;
        ASSERT_FALSE(round->idle);
        for (const auto& position : round->decision.positions) {
            const auto* hold = std::get_if<Hold>(&position.action);
            EXPECT_TRUE(hold == nullptr || hold->reason != "unreadable") << hold->detail;
        }
        for (const auto& [asset, price] : round->seen.prices) EXPECT_TRUE(price.value);
    }
    /// Why the round did not act: its error, or the reasons its positions hold for. Empty: something was
    /// wanted.
    static std::string why_held(const Result<RoundReport>& round) {
        if (!round) return round.error().what;
        if (round->decision.act_on || round->acted.what == Acted::What::sent) return {};
        std::string out = round->acted.reason;
        for (const auto& position : round->decision.positions) {
            if (const auto* hold = std::get_if<Hold>(&position.action))
                out += hold->reason + ": " + hold->detail + "; ";
        }
        for (const auto& [asset, price] : round->seen.prices)
            out += price.value ? "" : price.value.error().what + "; ";
        return out;
    }
    /// Why the proxy is set aside; empty while it is in good standing.
    std::string why_not(Keeper& keeper) {
        for (const auto& s : keeper.link().nodes().standings()) {
            if (s.set_aside && s.origin == origin_of(proxy().url())) return s.why;
        }
        return {};
    }
    /// Rounds until the proxy, which has stopped stumbling, serves again.
    void mend(Keeper& keeper) {
        proxy().set({});
        for (int i = 0; i < 100 && !why_not(keeper).empty(); ++i) expect_complete(next_round(keeper));
        ASSERT_EQ(why_not(keeper), "") << "a mended endpoint comes back";
    }
    /// The other endpoint serves, nothing is missing, and the reason names the host and the cause.
    void expect_failover(Keeper& keeper, const Fault& fault, const std::string& cause) {
        mend(keeper);
        proxy().set(fault);
        expect_complete(next_round(keeper));
        expect_blamed(keeper, cause);
    }
    void expect_blamed(Keeper& keeper, const std::string& cause) {
        const std::string why = why_not(keeper);
        EXPECT_NE(why.find(origin_of(proxy().url())), std::string::npos) << why;
        EXPECT_NE(why.find(cause), std::string::npos) << "'" << why << "' does not say '" << cause << "'";
    }
    /// With no other endpoint nothing is wanted, and the reason names the host and the cause.
    void expect_held(Keeper& keeper, const Fault& fault, const std::string& cause) {
        mend(keeper);
        proxy().set(fault);
        const std::string why = why_held(next_round(keeper));
        EXPECT_NE(why.find(origin_of(proxy().url())), std::string::npos) << why;
        EXPECT_NE(why.find(cause), std::string::npos) << "'" << why << "' does not say '" << cause << "'";
    }

    std::size_t asked_of_proxy() { return proxy().methods().size(); }

  private:
    static inline std::unique_ptr<World> world_;
    std::unique_ptr<FaultProxy> proxy_;
};

/// What the chain counts of the keeper's transactions.
inline std::uint64_t sent_by_keeper(World& world) {
    const json params{world.devnet().world().at("accounts").at("keeper"), "latest"};
    const auto count = world.devnet().rpc("eth_getTransactionCount", params);
    return parse_quantity_u64(count.value().get<std::string>()).value();
}

}  // namespace outrigger::test
