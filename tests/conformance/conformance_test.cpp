// SPDX-License-Identifier: Apache-2.0
// Drives the built program through pipes, as another implementation's test would.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include <gtest/gtest.h>

#include "tests/conformance/ops.hpp"

namespace outrigger::conformance {
namespace {

class Program {
  public:
    Program() {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) std::abort();
        child_ = ::fork();
        if (child_ == 0) {
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(out[1], STDOUT_FILENO);
            for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
            const char* path = OUTRIGGER_BINARY_DIR "/outrigger_conformance";
            ::execl(path, path, nullptr);
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        in_ = in[1];
        out_ = out[0];
    }
    ~Program() {
        finish();
        ::close(out_);
        int status = 0;
        ::waitpid(child_, &status, 0);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    void send(std::string_view text) {
        while (!text.empty()) {
            const auto n = ::write(in_, text.data(), text.size());
            ASSERT_GT(n, 0);
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    /// The next answer; discarded when there is none.
    Json receive() {
        std::size_t end;
        while ((end = buffer_.find('\n', at_)) == std::string::npos) {
            buffer_.erase(0, at_);
            at_ = 0;
            std::array<char, 65536> chunk{};
            const auto n = ::read(out_, chunk.data(), chunk.size());
            if (n <= 0) return Json(Json::value_t::discarded);
            buffer_.append(chunk.data(), static_cast<std::size_t>(n));
        }
        const std::string line = buffer_.substr(at_, end - at_);
        at_ = end + 1;
        return Json::parse(line, nullptr, false);
    }
    Json ask(const Json& request) {
        send(request.dump() + "\n");
        return receive();
    }
    void finish() {
        if (in_ >= 0) ::close(in_);
        in_ = -1;
    }

  private:
    pid_t child_ = -1;
    int in_ = -1;
    int out_ = -1;
    std::string buffer_;
    std::size_t at_ = 0;
};

TEST(Conformance, AnswersOneRequestAtATime) {
    Program program;
    const Json hash = program.ask({{"id", 7}, {"op", "keccak256"}, {"args", {{"data", "0x616263"}}}});
    EXPECT_EQ(hash, Json::parse(R"({"id": 7, "ok": true,
        "result": "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"})"));
    const Json wrong = program.ask({{"id", "a"},
                                    {"op", "checksum_address"},
                                    {"args", {{"address", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"}}}});
    EXPECT_EQ(wrong["id"], "a");
    EXPECT_EQ(wrong["ok"], false);
    EXPECT_EQ(wrong["error"]["code"], "decode");
    EXPECT_NE(wrong["error"]["message"].get<std::string>().find("checksum"), std::string::npos);
}

TEST(Conformance, RlpBothWays) {
    Program program;
    const Json item = Json::parse(R"([["0x", "0x00"], "0x7f", []])");
    const Json encoded = program.ask({{"id", 1}, {"op", "rlp_encode"}, {"args", {{"item", item}}}});
    EXPECT_EQ(encoded["result"], "0xc5c280007fc0");
    const Json decoded =
        program.ask({{"id", 2}, {"op", "rlp_decode"}, {"args", {{"data", "0xc5c280007fc0"}}}});
    EXPECT_EQ(decoded["result"], item);
    EXPECT_EQ(program.ask({{"op", "rlp_decode"}, {"args", {{"data", "0x8100"}}}})["ok"], false);
}

TEST(Conformance, ContractFunctionsBothWays) {
    Program program;
    const Json functions = program.ask({{"id", 1}, {"op", "functions"}})["result"];
    const Json want = {
        {"signature", "getEthBalance(address)"}, {"selector", "0x4d2301cc"}, {"returns", "(uint256)"}};
    EXPECT_NE(std::find(functions.begin(), functions.end(), want), functions.end());
    const Json call =
        program.ask({{"op", "encode_call"},
                     {"args",
                      {{"signature", "aggregate3((address,bool,bytes)[])"},
                       {"values", Json::parse(R"([[["0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
                                                                  true, "0x1234"]]])")}}}});
    EXPECT_EQ(call["result"].get<std::string>().size(), 2 + 8 + 8 * 64U) << call;
    const Json answer = program.ask(
        {{"op", "decode_return"},
         {"args",
          {{"signature", "getBlockNumber()"}, {"data", "0x" + std::string(48, '0') + "ffffffffffffffff"}}}});
    EXPECT_EQ(answer["result"], Json::array({"18446744073709551615"}));
    EXPECT_EQ(program.ask({{"op", "encode_call"},
                           {"args", {{"signature", "nope()"}, {"values", Json::array()}}}})["error"]["code"],
              "not_found");
}

TEST(Conformance, BadLinesAreAnsweredInOrderAndNeverFatal) {
    Program program;
    const std::string bad[] = {
        "",
        "nonsense",
        "[1]",
        "{}",
        R"({"op": 5})",
        R"({"op": "keccak256"})",
        R"({"op": "keccak256", "args": [1]})",
        R"({"op": "keccak256", "args": {"data": 1}})",
        R"({"op": "keccak256", "args": {"data": "0x0"}})",
        R"({"id": 1, "op": "no_such"})",
        R"({"op": "rlp_encode", "args": {"item": 5}})",
        "\xff\xfe",
        std::string(5, '\0'),
        R"({"op": "keccak256", "args": {"data": "0x00"}, "id": )",
        std::string(100000, '['),
        R"({"id": {"deep": []}, "op": "no_such"})",
        R"({"op": "rlp_encode", "args": {"item": )" + std::string(5000, '[') + std::string(5000, ']') + "}}"};
    for (const auto& line : bad) program.send(line + "\n");
    program.send(
        R"({"id": 99, "op": "keccak256", "args": {"data": "0x"}})");  // no newline at the end of input
    program.finish();
    for (const auto& line : bad) {
        const Json answer = program.receive();
        ASSERT_TRUE(answer.is_object()) << line.substr(0, 80);
        EXPECT_EQ(answer["ok"], false) << line.substr(0, 80);
        EXPECT_TRUE(answer["error"]["message"].is_string());
    }
    EXPECT_EQ(program.receive()["id"], 99);
    EXPECT_TRUE(program.receive().is_discarded());
}

TEST(Conformance, ListsItsOperations) {
    Program program;
    const Json ops = program.ask({{"op", "ops"}})["result"];
    std::vector<std::string> names;
    for (const Json& op : ops) {
        names.push_back(op.at("op"));
        EXPECT_TRUE(op.at("args").is_array());
    }
    for (const char* name : {"ops", "keccak256", "checksum_address", "rlp_encode", "rlp_decode", "functions",
                             "encode_call", "decode_return"}) {
        EXPECT_NE(std::find(names.begin(), names.end(), name), names.end()) << name;
    }
}

constexpr int kLines = 5000;

TEST(Conformance, ManyLinesAtOnce) {
    Program program;
    std::thread writer([&] {
        std::string block;
        for (int i = 0; i < kLines; ++i) {
            block += R"({"id": )" + std::to_string(i) +
                     R"(, "op": "keccak256", "args": {"data": "0x616263"}})" + "\n";
        }
        program.send(block);
        program.finish();
    });
    int answered = 0;
    for (Json a = program.receive(); !a.is_discarded(); a = program.receive()) {
        if (a["id"] != answered) break;
        ++answered;
    }
    writer.join();
    EXPECT_EQ(answered, kLines);
}

}  // namespace
}  // namespace outrigger::conformance
