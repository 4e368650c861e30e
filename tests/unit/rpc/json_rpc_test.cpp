// SPDX-License-Identifier: Apache-2.0
// What may pass for an answer: ids, envelopes, sizes and depths, against a scripted transport.
#include "chain/rpc/json_rpc.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "chain/rpc/json_text.hpp"

namespace outrigger {
namespace {

using nlohmann::json;

/// Answers every request with what the script makes of its body.
class Scripted final : public Transport {
  public:
    using Script = std::function<Result<HttpResponse>(const json& asked)>;
    explicit Scripted(Script script) : script_(std::move(script)) {}
    std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override {
        std::vector<Result<HttpResponse>> out;
        for (const HttpRequest& r : requests) {
            ++requests_seen;
            out.push_back(script_(json::parse(r.body)));
        }
        return out;
    }
    void drop_connections() override { ++dropped; }
    int dropped = 0;
    int requests_seen = 0;

  private:
    Script script_;
};

HttpResponse ok(std::string body) {
    return {200, "application/json", std::move(body)};
}
const std::vector<RpcCall> kThree{{"a", "[]"}, {"b", "[1]"}, {"c", R"(["x"])"}};

struct Outcome {
    std::vector<Reply> replies;
    int dropped;
    int requests;
};
Outcome three(const Scripted::Script& script) {
    Scripted transport(script);
    JsonRpc rpc(transport, {"https://node.example/KEY"});
    auto replies = rpc.batch(kThree);
    return {std::move(replies), transport.dropped, transport.requests_seen};
}

json answer_to(const json& call, const json& result) {
    return {{"jsonrpc", "2.0"}, {"id", call.at("id")}, {"result", result}};
}

TEST(JsonRpc, BuildsABatchThatIsWhatTheSpecificationSays) {
    json seen;
    three([&](const json& asked) {
        seen = asked;
        return ok("[]");
    });
    Scripted transport([](const json&) { return ok(""); });
    JsonRpc rpc(transport, {"https://node.example"});
    const json batch = json::parse(rpc.prepare(kThree).http.body);
    ASSERT_TRUE(batch.is_array());
    EXPECT_EQ(batch, json::parse(R"([{"jsonrpc":"2.0","id":1,"method":"a","params":[]},
                                     {"jsonrpc":"2.0","id":2,"method":"b","params":[1]},
                                     {"jsonrpc":"2.0","id":3,"method":"c","params":["x"]}])"));
    const json single = json::parse(rpc.prepare(std::span(kThree).first(1)).http.body);
    EXPECT_EQ(single, json::parse(R"({"jsonrpc":"2.0","id":4,"method":"a","params":[]})"))
        << "ids go on rising";
}

TEST(JsonRpc, MatchesAnswersInAnyOrder) {
    const auto out = three([](const json& asked) {
        json answers = json::array();
        for (auto call = asked.rbegin(); call != asked.rend(); ++call) {
            answers.push_back(answer_to(*call, call->at("method")));
        }
        return ok(answers.dump());
    });
    for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(out.replies[i]);
        EXPECT_EQ(*out.replies[i], kThree[i].method);
    }
    EXPECT_EQ(out.requests, 1);
}

struct Breach {
    const char* name;
    std::function<std::string(const json& asked)> body;
};
void PrintTo(const Breach& b, std::ostream* os) {
    *os << b.name;
}

class BrokenEnvelope : public ::testing::TestWithParam<Breach> {};

TEST_P(BrokenEnvelope, FailsEverySlotAndClosesTheConnection) {
    const auto out = three([&](const json& asked) { return ok(GetParam().body(asked)); });
    ASSERT_EQ(out.replies.size(), 3U);
    for (const Reply& reply : out.replies) {
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().error.code, Errc::decode) << reply.error().error.what;
        EXPECT_FALSE(reply.error().said);
        EXPECT_EQ(reply.error().error.what.find("KEY"), std::string::npos);
    }
    EXPECT_EQ(out.dropped, 1);
    EXPECT_EQ(out.requests, 1) << "nothing is asked again of a node that broke the protocol";
}

json all(const json& asked) {
    json answers = json::array();
    for (const json& call : asked) answers.push_back(answer_to(call, "0x1"));
    return answers;
}
std::string with(const json& asked, const std::function<void(json&)>& change) {
    json answers = all(asked);
    change(answers);
    return answers.dump();
}

INSTANTIATE_TEST_SUITE_P(
    E, BrokenEnvelope,
    ::testing::Values(
        Breach{"doubled_id", [](const json& a) { return with(a, [](json& r) { r[1]["id"] = r[0]["id"]; }); }},
        Breach{"unknown_id", [](const json& a) { return with(a, [](json& r) { r[1]["id"] = 999; }); }},
        Breach{"an_earlier_id", [](const json& a) { return with(a, [](json& r) { r[1]["id"] = 0; }); }},
        Breach{"id_as_text", [](const json& a) { return with(a, [](json& r) { r[1]["id"] = "2"; }); }},
        Breach{"id_as_float", [](const json& a) { return with(a, [](json& r) { r[1]["id"] = 2.0; }); }},
        Breach{"negative_id", [](const json& a) { return with(a, [](json& r) { r[1]["id"] = -2; }); }},
        Breach{"null_id", [](const json& a) { return with(a, [](json& r) { r[1]["id"] = nullptr; }); }},
        Breach{"no_id", [](const json& a) { return with(a, [](json& r) { r[1].erase("id"); }); }},
        Breach{"no_version", [](const json& a) { return with(a, [](json& r) { r[1].erase("jsonrpc"); }); }},
        Breach{"version_1", [](const json& a) { return with(a, [](json& r) { r[1]["jsonrpc"] = "1.0"; }); }},
        Breach{"result_and_error",
               [](const json& a) {
                   return with(a, [](json& r) { r[1]["error"] = {{"code", 1}, {"message", "x"}}; });
               }},
        Breach{"result_and_null_error",
               [](const json& a) { return with(a, [](json& r) { r[1]["error"] = nullptr; }); }},
        Breach{"neither", [](const json& a) { return with(a, [](json& r) { r[1].erase("result"); }); }},
        Breach{"error_is_text",
               [](const json& a) {
                   return with(a, [](json& r) {
                       r[1].erase("result");
                       r[1]["error"] = "boom";
                   });
               }},
        Breach{"one_too_many", [](const json& a) { return with(a, [](json& r) { r.push_back(r[0]); }); }},
        Breach{"not_an_object", [](const json& a) { return with(a, [](json& r) { r[2] = 7; }); }},
        Breach{"object_for_a_batch", [](const json& a) { return all(a)[0].dump(); }},
        Breach{"a_string", [](const json&) { return std::string("\"0x1\""); }},
        Breach{"empty", [](const json&) { return std::string(); }},
        Breach{"html", [](const json&) { return std::string("<html>Just a moment...</html>"); }},
        Breach{"truncated", [](const json& a) { return all(a).dump().substr(0, 40); }},
        Breach{"trailing", [](const json& a) { return all(a).dump() + "{}"; }},
        Breach{"nul_and_more", [](const json& a) { return all(a).dump() + std::string("\0garbage", 8); }},
        Breach{"byte_order_mark", [](const json& a) { return "\xef\xbb\xbf" + all(a).dump(); }},
        Breach{"bad_utf8", [](const json& a) { return all(a).dump().replace(0, 1, "[\"\xff\","); }},
        Breach{"doubled_key",
               [](const json& a) {
                   return fmt::format(R"([{{"jsonrpc":"2.0","id":{0},"result":"0x1","result":"0x2"}}])",
                                      a[0]["id"].get<int>());
               }},
        Breach{"depth_bomb", [](const json&) { return std::string(1'000'000, '['); }},
        Breach{"object_depth_bomb",
               [](const json&) {
                   std::string s;
                   for (int i = 0; i < 200'000; ++i) s += "{\"a\":";
                   return s;
               }},
        Breach{"closed_depth_bomb",
               [](const json&) { return std::string(33, '[') + std::string(33, ']'); }},
        Breach{"a_million_values",
               [](const json&) {
                   std::string s = "[0";
                   for (int i = 0; i < 1'000'000; ++i) s += ",0";
                   return s + "]";
               }},
        Breach{"a_million_digits", [](const json&) { return "[" + std::string(1'000'000, '9') + "]"; }},
        Breach{"infinity", [](const json&) { return std::string("[1e99999]"); }},
        Breach{"nan", [](const json&) { return std::string("[NaN]"); }},
        Breach{"comment", [](const json& a) { return "/* hi */" + all(a).dump(); }}),
    [](const auto& test_info) { return test_info.param.name; });

TEST(JsonRpc, AsksAgainOneByOneForWhatABatchLeftOut) {
    const auto out = three([](const json& asked) {
        if (asked.is_object()) return ok(answer_to(asked, "late").dump());
        return ok(json::array({answer_to(asked[2], "c"), answer_to(asked[0], "a")}).dump());
    });
    ASSERT_TRUE(out.replies[0] && out.replies[1] && out.replies[2]);
    EXPECT_EQ(*out.replies[0], "a");
    EXPECT_EQ(*out.replies[1], "late");
    EXPECT_EQ(*out.replies[2], "c");
    EXPECT_EQ(out.requests, 2);
}

TEST(JsonRpc, GivesUpOnACallThatIsLeftOutTwice) {
    const auto out = three([](const json& asked) {
        if (asked.is_object()) return ok("[]");
        return ok(json::array({answer_to(asked[0], "a")}).dump());
    });
    EXPECT_TRUE(out.replies[0]);
    EXPECT_EQ(out.replies[1].error().error.code, Errc::decode);
    EXPECT_EQ(out.replies[2].error().error.code, Errc::decode);
    EXPECT_EQ(out.requests, 3);
}

TEST(JsonRpc, AnswersOneByOneWhereBatchesAreRefusedAndSendsNoMoreOfThem) {
    int batches = 0;
    Scripted transport([&](const json& asked) {
        if (asked.is_object()) return ok(answer_to(asked, asked["method"]).dump());
        ++batches;
        return ok(R"({"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"no batches here"}})");
    });
    JsonRpc rpc(transport, {"https://node.example"});
    for (int round = 0; round < 2; ++round) {
        const auto replies = rpc.batch(kThree);
        for (std::size_t i = 0; i < 3; ++i) {
            ASSERT_TRUE(replies[i]) << replies[i].error().error.what;
            EXPECT_EQ(*replies[i], kThree[i].method);
        }
    }
    EXPECT_EQ(batches, 1);
}

/// A node that takes at most so many calls in one batch, and says it in those words.
struct Limited {
    std::size_t most;
    json error;
    std::vector<std::size_t> sizes;  // of the requests it was sent
    Result<HttpResponse> operator()(const json& asked) {
        sizes.push_back(asked.is_array() ? asked.size() : 1);
        if (sizes.back() > most)
            return ok(json{{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", error}}.dump());
        if (asked.is_object()) return ok(answer_to(asked, asked["method"]).dump());
        json answers = json::array();
        for (const json& call : asked) answers.push_back(answer_to(call, call["method"]));
        return ok(answers.dump());
    }
};
json said(int code, const std::string& message) {
    return {{"code", code}, {"message", message}};
}
std::vector<RpcCall> many(std::size_t count) {
    std::vector<RpcCall> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back({fmt::format("m{}", i), "[]"});
    return out;
}
void expect_own_answers(const std::vector<Reply>& replies) {
    for (std::size_t i = 0; i < replies.size(); ++i) {
        ASSERT_TRUE(replies[i]) << i << ": " << replies[i].error().error.what;
        EXPECT_EQ(*replies[i], fmt::format("m{}", i));
    }
}

TEST(JsonRpc, LearnsTheBatchSizeFromARefusal) {
    // geth, Nethermind, reth, a gateway that names its limit
    for (const json& words :
         {said(-32600, "batch too large"), said(-32005, "Batch size limit exceeded"),
          said(-32010, "The batch request was too large"), said(-32600, "maximum batch size is 7")}) {
        Limited node{7, words, {}};
        Scripted transport(std::ref(node));
        JsonRpc rpc(transport, {"https://node.example"});
        expect_own_answers(rpc.batch(many(40)));
        EXPECT_GT(rpc.batch_size(), 3U) << words;
        EXPECT_LE(rpc.batch_size(), 7U) << words;
        node.sizes.clear();
        expect_own_answers(rpc.batch(many(40)));
        for (const std::size_t size : node.sizes) EXPECT_LE(size, 7U) << "it is not asked for too many again";
    }
}

TEST(JsonRpc, TakesTheSizeANodeNames) {
    Limited node{3, said(31, "Batch of more than 3 requests are not allowed on free tier"), {}};
    Scripted transport(std::ref(node));
    JsonRpc rpc(transport, {"https://node.example"});
    expect_own_answers(rpc.batch(many(10)));
    EXPECT_EQ(node.sizes, (std::vector<std::size_t>{10, 3, 3, 3, 1}));
    EXPECT_EQ(rpc.batch_size(), 3U);
}

TEST(JsonRpc, CutsABatchWhoseAnswerIsTooLarge) {
    std::vector<std::size_t> sizes;
    const auto node = [&](const json& asked) -> Result<HttpResponse> {
        sizes.push_back(asked.is_array() ? asked.size() : 1);
        if (sizes.back() > 4) return fail(Errc::decode, "the answer is larger than 2097152 bytes");
        return Limited{4, {}, {}}(asked);
    };
    Scripted transport(node);
    JsonRpc rpc(transport, {"https://node.example"});
    expect_own_answers(rpc.batch(many(16)));
    EXPECT_EQ(sizes, (std::vector<std::size_t>{16, 8, 8, 4, 4, 4, 4}));
    EXPECT_EQ(rpc.batch_size(), 4U);
}

TEST(JsonRpc, OneAnswerThatIsTooLargeStaysAnError) {
    Scripted transport([](const json&) { return fail(Errc::decode, "larger than 10 bytes"); });
    JsonRpc rpc(transport, {"https://node.example"});
    for (const Reply& reply : rpc.batch(kThree)) {
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().error.code, Errc::decode);
        EXPECT_EQ(reply.error().again, Again::smaller);
    }
    EXPECT_EQ(transport.requests_seen, 4);
}

TEST(JsonRpc, TriesLargerBatchesAgainAfterALongTime) {
    Limited node{2, said(-32600, "batch too large"), {}};
    Scripted transport(std::ref(node));
    JsonRpc rpc(transport, {"https://node.example"});
    expect_own_answers(rpc.batch(many(4)));
    ASSERT_EQ(rpc.batch_size(), 2U);
    node.most = 100;
    for (int i = 0; i < 100; ++i) expect_own_answers(rpc.batch(many(4)));
    node.sizes.clear();
    expect_own_answers(rpc.batch(many(4)));
    EXPECT_EQ(node.sizes, (std::vector<std::size_t>{4}));
}

TEST(JsonRpc, DoesNotMultiplyRequestsToANodeThatIsRateLimiting) {
    const auto out = three([](const json&) {
        return ok(R"({"jsonrpc":"2.0","id":null,"error":{"code":429,"message":"slow down"}})");
    });
    EXPECT_EQ(out.requests, 1);
    for (const Reply& reply : out.replies) EXPECT_EQ(reply.error().error.code, Errc::transport);
}

TEST(JsonRpc, AnErrorOfTheNodeFailsOnlyItsOwnSlot) {
    const auto out = three([](const json& asked) {
        json answers = all(asked);
        answers[1].erase("result");
        answers[1]["error"] = {{"code", -32000}, {"message", "boom\x1b[2J\n" + std::string(1'000'000, 'x')}};
        return ok(answers.dump());
    });
    EXPECT_TRUE(out.replies[0]);
    EXPECT_TRUE(out.replies[2]);
    ASSERT_FALSE(out.replies[1]);
    const CallError& e = out.replies[1].error();
    EXPECT_EQ(e.error.code, Errc::rpc);
    ASSERT_TRUE(e.said);
    EXPECT_EQ(e.said->code, -32000);
    EXPECT_LE(e.said->message.size(), 203U);
    EXPECT_EQ(e.said->message.rfind("boom\\x1b[2J\\x0a", 0), 0U) << e.said->message;
    EXPECT_EQ(e.error.what.find("KEY"), std::string::npos);
    EXPECT_EQ(e.error.what.rfind("https://node.example: b: ", 0), 0U) << e.error.what;
}

TEST(JsonRpc, ReadsRevertDataFromWhereEachClientPutsIt) {
    const auto data_of = [](const json& data) {
        Scripted transport([&](const json& asked) {
            return ok(json{{"jsonrpc", "2.0"},
                           {"id", asked["id"]},
                           {"error", {{"code", -32015}, {"message", "VM execution error."}, {"data", data}}}}
                          .dump());
        });
        JsonRpc rpc(transport, {"https://node.example"});
        const Reply reply = rpc.call({"eth_call", "[]"});
        EXPECT_EQ(reply.error().error.code, Errc::reverted);
        return reply.error().said->data;
    };
    const Bytes expected{0xde, 0xad};
    EXPECT_EQ(data_of("0xdead"), expected);                                // geth, anvil, Erigon, Besu
    EXPECT_EQ(data_of("Reverted 0xdead"), expected);                       // Nethermind
    EXPECT_EQ(data_of({{"data", "0xdead"}, {"message", "x"}}), expected);  // Hardhat
    EXPECT_EQ(data_of("dead"), Bytes{});
    EXPECT_EQ(data_of(7), Bytes{});
    EXPECT_EQ(data_of(json::object()), Bytes{});
}

TEST(JsonRpc, StatusesOtherThan200AreTransportErrorsWhateverTheBodySays) {
    for (const long status : {301L, 307L, 400L, 401L, 404L, 429L, 500L, 502L, 503L, 204L}) {
        const auto out = three([&](const json& asked) {
            return HttpResponse{status, "application/json", all(asked).dump() + "https://node.example/KEY"};
        });
        for (const Reply& reply : out.replies) {
            ASSERT_FALSE(reply) << status;
            EXPECT_EQ(reply.error().error.code, Errc::transport);
            EXPECT_NE(reply.error().error.what.find(std::to_string(status)), std::string::npos);
            EXPECT_EQ(reply.error().error.what.find("KEY"), std::string::npos);
        }
    }
}

TEST(JsonRpc, ATransportErrorReachesEverySlot) {
    const auto out = three([](const json&) { return fail(Errc::timeout, "late"); });
    for (const Reply& reply : out.replies) EXPECT_EQ(reply.error().error, (Error{Errc::timeout, "late"}));
    EXPECT_EQ(out.requests, 1);
}

TEST(JsonRpc, AStaleAnswerToAnEarlierRequestIsRefused) {
    std::string first;
    Scripted transport([&](const json& asked) {
        if (first.empty()) first = answer_to(asked, "0x1").dump();
        return ok(first);  // the second time: a copy of the first answer
    });
    JsonRpc rpc(transport, {"https://node.example"});
    EXPECT_TRUE(rpc.call({"eth_blockNumber"}));
    EXPECT_FALSE(rpc.call({"eth_blockNumber"}));
    EXPECT_EQ(transport.dropped, 1);
}

TEST(ParseJson, KeepsWhatIsWithinTheLimits) {
    const std::string deep = std::string(32, '[') + std::string(32, ']');
    EXPECT_TRUE(parse_json(deep));
    EXPECT_FALSE(parse_json("[" + deep + "]"));
    const auto value = parse_json(R"( {"a":[1,-2,3.5,true,false,null,"\u00e9é"],"b":{"a":{}}} )");
    ASSERT_TRUE(value) << value.error().what;
    EXPECT_EQ(*value, json::parse(R"({"a":[1,-2,3.5,true,false,null,"éé"],"b":{"a":{}}})"));
    EXPECT_TRUE(parse_json("[0,1,2]", {32, 4}));
    EXPECT_FALSE(parse_json("[0,1,2,3]", {32, 4}));
}

TEST(Shown, IsPrintableAsciiOfBoundedLength) {
    EXPECT_EQ(shown("plain text"), "plain text");
    EXPECT_EQ(shown("a\x1b]0;owned\x07 b\\"), "a\\x1b]0;owned\\x07 b\\x5c");
    EXPECT_EQ(shown("é"), "\\xc3\\xa9");
    EXPECT_EQ(shown(std::string(300, 'a')), std::string(200, 'a') + "...");
    EXPECT_EQ(shown(std::string(1000, '\n')).size(), 203U);
}

}  // namespace
}  // namespace outrigger
