// SPDX-License-Identifier: Apache-2.0
#include "oracle/sequencer.hpp"

#include <gtest/gtest.h>

#include "tests/unit/oracle/vectors.hpp"

namespace outrigger {
namespace {

using std::chrono::seconds;
using testing::kAt;

const Address kFeed = *parse_address("0xFdB631F5EE196F0ed6FAa767959853A9F217697D");

Result<SequencerStatus> status(const std::string& name) {
    const auto& vectors = testing::oracle_vectors("sequencer");
    testing::ScriptedReader reader;
    reader.set(kFeed, testing::vector_bytes(vectors.at("call")), testing::vector_bytes(vectors.at(name)));
    return reader.read({}, sequencer_status(testing::kChain, kFeed));
}

TEST(Sequencer, UpAndDownAreRead) {
    EXPECT_EQ(status("up").value(), (SequencerStatus{true, kAt}));
    EXPECT_EQ(status("down").value(), (SequencerStatus{false, kAt}));
}

TEST(Sequencer, AnythingElseIsNoStatus) {
    for (const auto* name : {"unstarted", "other", "negative", "beyond"}) {
        const auto answer = status(name);
        ASSERT_FALSE(answer) << name;
        EXPECT_EQ(answer.error().code, Errc::decode) << name;
    }
}

TEST(Sequencer, PricesAreBelievedOnlyAfterTheGrace) {
    const seconds grace{3600};
    const SequencerStatus up{true, kAt};
    EXPECT_EQ(sequencer_usable({false, kAt}, grace, kAt + seconds{86400}).error().code, Errc::stale);
    EXPECT_EQ(sequencer_usable(up, grace, kAt + seconds{3599}).error().code, Errc::stale);
    EXPECT_TRUE(sequencer_usable(up, grace, kAt + seconds{3600}));
    EXPECT_EQ(sequencer_usable(up, grace, kAt - seconds{16}).error().code, Errc::decode);
}

}  // namespace
}  // namespace outrigger
