// SPDX-License-Identifier: Apache-2.0
// New heads over the WebSocket of a real node: they wake the keeper, change nothing it decides, and do not
// keep it from stopping.
#include "chain/rpc/ws_heads.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "keeper/shell/wake.hpp"
#include "tests/e2e/world.hpp"
#include "tests/support/process.hpp"
#include "tests/support/ws_server.hpp"

namespace outrigger {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::World;

const std::string kProgram = OUTRIGGER_BINARY_DIR "/outrigger";

struct WsHeadsWithWorld : ::testing::Test {
    void configure(const std::string& ws) {
        std::string text = world.config_text();
        const auto url_end = text.find('\n', text.find("url = \"" + world.devnet().rpc_url()));
        ASSERT_NE(url_end, std::string::npos) << text;
        world.write_config(text.insert(url_end + 1, "ws = \"" + ws + "\"\n"));
    }
    std::string node_ws() { return "ws" + world.devnet().rpc_url().substr(4); }

    World world;
};

/// Until the program has written it, or ten seconds are over.
bool says(test::Process& program, const std::string& words) {
    const WakeUp pause;
    for (int i = 0; i < 200; ++i) {
        if (program.err().find(words) != std::string::npos) return true;
        pause.wait(50ms, 50ms);
    }
    return false;
}

TEST_F(WsHeadsWithWorld, ABlockOfTheRealNodeEndsTheWait) {
    configure(node_ws());
    const auto settings = world.settings();
    const WakeUp wake;
    std::mutex mutex;
    std::condition_variable changed;
    int woken = 0;
    const auto reaches = [&](int wanted) {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, 10s, [&] { return woken >= wanted; });
    };
    ChainLink link(settings.chain);
    ASSERT_FALSE(link.hears_heads());
    ASSERT_TRUE(link.listen(settings.chain, [&] {
        const std::lock_guard lock(mutex);
        ++woken;
        wake.notify();
        changed.notify_all();
    }));
    ASSERT_TRUE(reaches(1));
    EXPECT_TRUE(link.hears_heads());
    wake.wait(0ms, 60s);
    world.post("/mine", {{"blocks", 1}, {"interval", 12}});
    const auto before = std::chrono::steady_clock::now();
    wake.wait(0ms, 60s);
    EXPECT_LT(std::chrono::steady_clock::now() - before, 30s);
    EXPECT_GE(woken, 2);
}

TEST_F(WsHeadsWithWorld, TheKeeperListensGoesOnWithoutAndStops) {
    test::WsServer flaky([&](test::WsPeer& peer, int connection) {
        if (connection == 0 && peer.subscribe()) peer.notify();  // and that is the end of it
    });
    configure(flaky.url("/secret"));
    test::Process keeper({{kProgram, "run", "--json", "-c", world.config_file()}, {}, {}});
    ASSERT_TRUE(says(keeper, "listening for new heads")) << keeper.err();
    ASSERT_TRUE(says(keeper, "heads are polled until it is back")) << keeper.err();
    ASSERT_TRUE(keeper.read_line(30s)) << "the first round";
    world.post("/mine", {{"blocks", 1}, {"interval", 12}});
    ASSERT_TRUE(keeper.read_line(30s)) << keeper.err();
    keeper.signal(SIGTERM);
    EXPECT_EQ(keeper.wait(10s), 128 + SIGTERM) << keeper.err();
    EXPECT_EQ(keeper.err().find("secret"), std::string::npos);
}

TEST_F(WsHeadsWithWorld, ANewHeadIsARoundAndALiveSocketDoesNotKeepTheKeeperRunning) {
    configure(node_ws());
    test::Process keeper({{kProgram, "run", "--json", "-c", world.config_file()}, {}, {}});
    ASSERT_TRUE(says(keeper, "listening for new heads")) << keeper.err();
    ASSERT_TRUE(keeper.read_line(30s)) << "the first round";
    world.post("/mine", {{"blocks", 1}, {"interval", 12}});
    ASSERT_TRUE(keeper.read_line(30s)) << keeper.err();
    const auto before = std::chrono::steady_clock::now();
    keeper.signal(SIGTERM);
    EXPECT_EQ(keeper.wait(10s), 128 + SIGTERM) << keeper.err();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 5s);
}

TEST_F(WsHeadsWithWorld, AnUnusableAddressIsExit3AndNamesTheKey) {
    configure("ws://127.0.0.1:99999/secret");
    const auto done = test::run_command({{kProgram, "run", "-c", world.config_file()}, {}, {}}, 60s);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->code, 3) << done->err;
    EXPECT_NE(done->err.find("[[chain.rpc]] ws"), std::string::npos) << done->err;
    EXPECT_EQ(done->err.find("secret"), std::string::npos);
}

TEST(Wake, EndsTheWaitAtHandOrTheNextOne) {
    const WakeUp wake;
    wake.notify();
    wake.notify();
    wake.wait(0ms, 60s);  // comes back, or the test times out
    std::thread other([&] { wake.notify(); });
    wake.wait(0ms, 60s);
    other.join();
    const auto before = std::chrono::steady_clock::now();
    wake.wait(0ms, 20ms);
    EXPECT_GE(std::chrono::steady_clock::now() - before, 19ms) << "both were for one wait";
    wake.notify();
    wake.wait(20ms, 60s);
    EXPECT_GE(std::chrono::steady_clock::now() - before, 38ms) << "not before the least";
}

}  // namespace
}  // namespace outrigger
