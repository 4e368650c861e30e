// SPDX-License-Identifier: Apache-2.0
#include "chain/rpc/probe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "chain/base/hex.hpp"
#include "chain/rpc/json_rpc.hpp"
#include "chain/rpc/json_text.hpp"
#include "chain/rpc/rate_limit.hpp"
#include "chain/rpc/wire.hpp"

namespace outrigger {
namespace {

using nlohmann::json;
using std::chrono::microseconds;

constexpr std::size_t kSamples = 5;
constexpr std::array kBatches{std::uint64_t{2},   std::uint64_t{10},  std::uint64_t{50},  std::uint64_t{100},
                              std::uint64_t{200}, std::uint64_t{500}, std::uint64_t{1000}};
constexpr std::array kWindows{std::uint64_t{1},      std::uint64_t{10},     std::uint64_t{100},
                              std::uint64_t{1'000},  std::uint64_t{2'000},  std::uint64_t{5'000},
                              std::uint64_t{10'000}, std::uint64_t{50'000}, std::uint64_t{100'000}};
constexpr int kBisections = 6;  // between a size that was taken and one that was not
constexpr std::array kDepths{std::uint64_t{16},     std::uint64_t{120},     std::uint64_t{1'000},
                             std::uint64_t{10'000}, std::uint64_t{100'000}, std::uint64_t{1'000'000}};
/// Nobody's account, which every state knows to be empty.
const std::string kNobody = R"("0x00000000000000000000000000000000000000ff")";
const std::string kUnknownHash = "0x" + std::string(64, 'd');

/// True when the node did not say anything about the question: it is silent, broken, or asked too often.
bool tells_nothing(const Reply& reply) {
    return !reply && (!reply.error().said || reply.error().error.code == Errc::transport);
}

/// The largest size up to `most` that fits: by these steps upwards from `floor`, which fits or is nothing,
/// then between the last that did and the first that did not. At least so much, when the rest is unknown.
/// Errors: those of the first size, when that is unknown
template <std::size_t N, class F>
Result<std::uint64_t> largest(std::uint64_t floor, const std::array<std::uint64_t, N>& steps,
                              std::uint64_t most, F fits) {
    std::uint64_t taken = floor;
    std::uint64_t refused = 0;
    const auto try_one = [&](std::uint64_t size) -> Result<void> {
        const bool fit = OR_TRY(fits(size));
        (fit ? taken : refused) = size;
        return {};
    };
    for (const std::uint64_t step : steps) {
        if (taken >= most || refused > 0) break;
        if (auto done = try_one(std::min(step, most)); !done) {
            if (taken > floor) return taken;
            return tl::unexpected(done.error());
        }
    }
    for (int i = 0; i < kBisections && taken > floor && refused > taken + 1; ++i) {
        if (!try_one(taken + (refused - taken) / 2)) break;
    }
    return taken;
}

class Probe {
  public:
    Probe(Transport& transport, const std::string& url, const ProbeLimits& limits,
          const std::function<microseconds()>& now)
        : transport_(transport),
          rpc_(transport, {.url = url, .timeout = limits.timeout}),
          url_(url),
          limits_(limits),
          now_(now),
          begin_(now()) {}

    EndpointProbe run(ChainId chain) {
        out_.origin = rpc_.origin();
        out_.chain = value<ChainId>("eth_chainId", "[]", [](const json& v) -> Result<ChainId> {
            return ChainId{OR_TRY(u64_value(v))};
        });
        if (out_.chain && *out_.chain == chain) {
            identify(chain);
            measure();
        }
        out_.requests = static_cast<std::size_t>(rpc_.http_requests()) + burst_requests_;
        return std::move(out_);
    }

  private:
    bool late() const { return now_() - begin_ > limits_.total; }

    /// One call; nothing when there is no time left for it.
    Reply ask(const std::string& method, const std::string& params) {
        if (late())
            return tl::unexpected(
                CallError{{Errc::timeout, rpc_.origin() + ": no time was left to measure it"}});
        return rpc_.call({method, params});
    }

    template <class T, class F>
    Result<T> value(const std::string& method, const std::string& params, F read) {
        auto reply = ask(method, params);
        if (!reply) return tl::unexpected(reply.error().error);
        return read(*reply);
    }

    void identify(ChainId chain) {
        out_.client =
            value<std::string>("web3_clientVersion", "[]", [](const json& v) -> Result<std::string> {
                if (!v.is_string()) return fail(Errc::decode, "its version is no text");
                return shown(v.get<std::string>(), 60);
            });
        std::vector<microseconds> times;
        for (std::size_t i = 0; i < kSamples; ++i) {
            const auto start = now_();
            out_.head = value<Head>("eth_getBlockByNumber", R"(["latest",false])",
                                    [&](const json& v) { return head_of(v, chain); });
            if (!out_.head) break;
            times.push_back(now_() - start);
        }
        if (times.empty()) {
            out_.latency = tl::unexpected(out_.head.error());
            return;
        }
        std::sort(times.begin(), times.end());
        out_.latency = EndpointProbe::Latency{times[times.size() / 2], times.back()};
    }

    void measure() {
        out_.batch = batch();
        out_.missing = missing();
        if (out_.head) {
            out_.pins_by_hash = pins_by_hash(*out_.head);
            out_.depth = depth(*out_.head);
            out_.logs = logs(*out_.head);
        }
        out_.burst = burst();  // last: it may make the endpoint refuse what comes next
    }

    /// Whether that many calls come back in one answer. Errors: the transport's, and those of an endpoint
    /// that is asked too often: neither is about the batch.
    Result<bool> takes(std::size_t calls) {
        if (late()) return fail(Errc::timeout, "no time was left");
        const auto asked = rpc_.prepare(std::vector<RpcCall>(calls, RpcCall{"eth_chainId"}));
        const auto answer = rpc_.send(asked);
        bool all = true;
        for (const Reply& reply : rpc_.understand(asked, answer)) {
            if (reply) continue;
            all = false;
            const auto& [error, said, again] = reply.error();
            const bool about_batch = again != Again::no || error.code == Errc::decode;
            if (tells_nothing(reply) && !about_batch) return tl::unexpected(error);
        }
        return all;
    }

    Result<std::size_t> batch() {
        const auto size =
            OR_TRY(largest(1, kBatches, limits_.batch_max, [&](auto calls) { return takes(calls); }));
        return static_cast<std::size_t>(size);
    }

    Result<std::vector<std::string>> missing() {
        const std::string call = fmt::format(R"({{"to":{},"data":"0x"}})", kNobody);
        const std::array<std::pair<const char*, std::string>, 8> methods{{
            {"eth_call", fmt::format(R"([{},"latest"])", call)},
            {"eth_getTransactionCount", fmt::format(R"([{},"pending"])", kNobody)},
            {"eth_getTransactionReceipt", fmt::format(R"(["{}"])", kUnknownHash)},
            {"eth_getTransactionByHash", fmt::format(R"(["{}"])", kUnknownHash)},
            {"eth_estimateGas", fmt::format("[{}]", call)},
            {"eth_maxPriorityFeePerGas", "[]"},
            {"eth_feeHistory", R"(["0x1","latest",[50]])"},
            {"eth_sendRawTransaction", R"(["0x"])"},  // no transaction: a node that takes them says so
        }};
        std::vector<std::string> out;
        for (const auto& [method, params] : methods) {
            const auto reply = ask(method, params);
            if (tells_nothing(reply)) return tl::unexpected(reply.error().error);
            if (!reply && is_method_missing(*reply.error().said)) out.emplace_back(method);
        }
        return out;
    }

    Result<bool> pins_by_hash(const Head& head) {
        const auto at = [&](const std::string& hash) {
            return ask("eth_getBalance",
                       fmt::format(R"([{},{{"blockHash":"{}","requireCanonical":true}}])", kNobody, hash));
        };
        const auto known = at(to_hex(head.block.hash));
        if (tells_nothing(known)) return tl::unexpected(known.error().error);
        if (!known) return false;
        const auto unknown = at(kUnknownHash);
        if (tells_nothing(unknown)) return tl::unexpected(unknown.error().error);
        return !unknown.has_value();  // an answer about a block that is none is an answer about another
    }

    /// Whether it knows the state at a height. Errors: those of a node that does not answer.
    Result<bool> knows(std::uint64_t number) {
        const auto reply =
            ask("eth_getBalance", fmt::format(R"([{},"{}"])", kNobody, to_quantity(U256(number))));
        if (reply) return true;
        // Without the method there is nothing to learn about the state from it.
        if (tells_nothing(reply) || is_method_missing(*reply.error().said))
            return tl::unexpected(reply.error().error);
        return false;
    }

    Result<EndpointProbe::Depth> depth(const Head& head) {
        EndpointProbe::Depth out;
        const std::uint64_t height = head.block.number.value;
        for (const std::uint64_t back : kDepths) {
            if (back >= height) break;
            if (!OR_TRY(knows(height - back))) return out;
            out.blocks = back;
        }
        out.archive = OR_TRY(knows(std::min<std::uint64_t>(1, height)));
        if (out.archive) out.blocks = height;
        return out;
    }

    /// Whether it answers for that many of the newest blocks.
    Result<bool> logs_of(std::uint64_t window, std::uint64_t height) {
        const auto reply =
            ask("eth_getLogs",
                fmt::format(R"([{{"address":{},"topics":["{}"],"fromBlock":"{}","toBlock":"{}"}}])", kNobody,
                            kUnknownHash, to_quantity(U256(height - window + 1)), to_quantity(U256(height))));
        // Limits on the range come with the codes of limits on the rate, but one block is no wide range.
        if (tells_nothing(reply) && (!reply.error().said || window == 1))
            return tl::unexpected(reply.error().error);
        return reply.has_value();
    }

    Result<std::uint64_t> logs(const Head& head) {
        const std::uint64_t height = head.block.number.value;
        const std::uint64_t whole = std::min(limits_.logs_max, height + 1);  // there is block 0, too
        return largest(0, kWindows, whole, [&](std::uint64_t blocks) { return logs_of(blocks, height); });
    }

    Result<EndpointProbe::Burst> burst() {
        if (late()) return fail(Errc::timeout, "no time was left");
        EndpointProbe::Burst out;
        out.asked = limits_.burst;
        std::vector<JsonRpc::Prepared> asked;
        std::vector<HttpRequest> requests;
        for (std::size_t i = 0; i < limits_.burst; ++i) {
            asked.push_back(rpc_.prepare(std::vector<RpcCall>{RpcCall{"eth_chainId"}}));
            requests.push_back(asked.back().http);
        }
        const auto answers = transport_.perform(requests);
        std::optional<Error> silent;
        std::size_t heard = 0;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            if (answers[i] && answers[i]->status == 429) {
                ++heard;
                ++out.refused;
                ++burst_requests_;
                const auto named = retry_after(answers[i]->retry_after, answers[i]->date);
                if (named) out.retry_after = std::max(out.retry_after.value_or(*named), *named);
                continue;
            }
            const auto reply = rpc_.understand(asked[i], answers[i]).front();
            if (!reply && !reply.error().said) {
                silent = reply.error().error;
                continue;
            }
            ++heard;
            if (tells_nothing(reply)) ++out.refused;
        }
        if (heard == 0 && silent) return tl::unexpected(*silent);
        return out;
    }

    Transport& transport_;
    JsonRpc rpc_;
    std::string url_;
    const ProbeLimits& limits_;
    const std::function<microseconds()>& now_;
    microseconds begin_;
    std::size_t burst_requests_ = 0;  // that were not answered in JSON
    EndpointProbe out_;
};

}  // namespace

EndpointProbe probe_endpoint(Transport& transport, const std::string& url, ChainId chain,
                             const ProbeLimits& limits,
                             const std::function<std::chrono::microseconds()>& now) {
    return Probe(transport, url, limits, now).run(chain);
}

}  // namespace outrigger
