// SPDX-License-Identifier: Apache-2.0
#include "keeper/cli/check_endpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <nlohmann/json.hpp>

#include "chain/rpc/curl_transport.hpp"
#include "chain/rpc/traffic.hpp"
#include "keeper/cli/output.hpp"

namespace outrigger::cli {

namespace {

std::chrono::microseconds steady_now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
}

std::string blocks(std::uint64_t count) {
    return fmt::format("{} block{}", grouped(static_cast<double>(count), 0), count == 1 ? "" : "s");
}

/// Position of an endpoint among those that are read.
std::size_t rank_of(const config::ChainSettings& chain, std::size_t at) {
    std::size_t rank = 0;
    for (std::size_t i = 0; i < at; ++i) rank += chain.rpc[i].reads() ? 1U : 0U;
    return rank;
}

template <class T, class F>
void put(nlohmann::json& out, const char* key, const Result<T>& measured, F value) {
    if (measured) {
        out[key] = value(*measured);
    } else {
        out[key] = nullptr;
        out["unknown"][key] = measured.error().what;
    }
}

}  // namespace

std::string uses_of(const config::ChainSettings& chain, std::size_t at) {
    std::string out;
    const auto add = [&](const std::string& use) { out += (out.empty() ? "" : ", ") + use; };
    if (chain.rpc[at].reads()) {
        const std::size_t rank = rank_of(chain, at);
        if (rank < chain.read_quorum && chain.read_quorum > 1) {
            add(fmt::format("reading (one of the {} that must agree)", chain.read_quorum));
        } else {
            add(rank == 0 ? "reading, history and logs (first choice)"
                          : fmt::format("reading in reserve (choice {})", rank + 1));
        }
        add("comparing heads");
    }
    if (chain.rpc[at].sends()) add("sending transactions");
    return out;
}

void judge(EndpointReport& report, const config::ChainSettings& chain, std::size_t at) {
    const EndpointProbe& p = report.probe;
    const auto fails = [&](const std::string& why) { report.failures.push_back(why); };
    if (!p.chain) return fails(p.chain.error().what);
    if (*p.chain != chain.network.chain_id)
        return fails(fmt::format("serves chain {}, not {}", p.chain->value, chain.network.chain_id.value));
    if (!p.head) return fails(p.head.error().what);
    if (p.missing) {
        for (const auto& method : *p.missing) {
            const bool for_fees = method == "eth_maxPriorityFeePerGas" || method == "eth_feeHistory";
            const bool for_sending = method == "eth_sendRawTransaction" || method == "eth_estimateGas";
            if (for_fees) continue;  // either is enough
            if (for_sending ? chain.rpc[at].sends() : chain.rpc[at].reads())
                fails(fmt::format("does not offer {}", method));
        }
        const auto lacks = [&](const char* m) {
            return std::find(p.missing->begin(), p.missing->end(), m) != p.missing->end();
        };
        if (lacks("eth_maxPriorityFeePerGas") && lacks("eth_feeHistory") && chain.rpc[at].sends())
            fails("offers neither eth_maxPriorityFeePerGas nor eth_feeHistory, so no tip can be chosen");
    }
    // An unknown is not taken for a yes.
    const auto unknown = [&](const char* what, const auto& measured) {
        if (!measured) report.remarks.push_back(fmt::format("{} unknown: {}", what, measured.error().what));
    };
    unknown("offered methods", p.missing);
    unknown("throttling", p.burst);
    if (!chain.rpc[at].reads()) return;
    unknown("batches", p.batch);
    unknown("reads by hash", p.pins_by_hash);
    unknown("logs", p.logs);
    unknown("state", p.depth);
    if (p.logs && *p.logs == 0)
        report.remarks.emplace_back("gives no logs: positions cannot be found by them");
    if (p.batch && *p.batch == 1)
        report.remarks.emplace_back("takes no batches: a round costs more requests");
    if (p.pins_by_hash && !*p.pins_by_hash)
        report.remarks.emplace_back(
            "cannot read at a block's hash (EIP-1898): read by number, compared twice");
    if (p.burst && p.burst->refused > 0)
        report.remarks.emplace_back("refuses bursts: set its max_rps a little below what it allows");
}

void compare_heads(std::vector<EndpointReport>& reports, const config::ChainSettings& chain) {
    std::optional<std::chrono::seconds> youngest;
    for (const auto& r : reports)
        if (r.head_age) youngest = std::min(youngest.value_or(*r.head_age), *r.head_age);
    for (std::size_t i = 0; i < reports.size(); ++i) {
        auto& r = reports[i];
        if (!chain.rpc[i].reads() || !r.head_age || *r.head_age - *youngest <= chain.max_head_lag) continue;
        r.remarks.push_back(
            fmt::format("shows a head {} s older than another's: rounds set it aside (chain.max_head_lag)",
                        (*r.head_age - *youngest).count()));
    }
}

namespace {

/// Passes on everything but what is said inside answers: there, a limit on sizes is not told from one on
/// rates, and the pause after it would leave the rest unmeasured.
class Unheeding final : public Transport {
  public:
    explicit Unheeding(Transport& inner) : inner_(inner) {}
    std::vector<Result<HttpResponse>> perform(std::span<const HttpRequest> requests) override {
        return inner_.perform(requests);
    }
    void drop_connections() override { inner_.drop_connections(); }

  private:
    Transport& inner_;
};

EndpointReport report_on(const config::ChainSettings& chain, std::size_t at) {
    const auto& rpc = chain.rpc[at];
    ProbeLimits limits;
    limits.timeout = rpc.timeout;
    // Its own limits hold for us, too.
    if (rpc.max_rps > 0) {
        limits.burst =
            std::min(limits.burst, std::max<std::size_t>(1, static_cast<std::size_t>(rpc.max_rps)));
        limits.batch_max = std::min(limits.batch_max, std::max<std::size_t>(10, limits.burst));
    }
    CurlTransport wire;
    TrafficOptions traffic;
    traffic.limits[rpc.url] = {rpc.max_rps, rpc.burst};
    TrafficControl control(wire, std::move(traffic));
    Unheeding paced(control);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    EndpointReport report;
    report.probe = probe_endpoint(paced, rpc.url, chain.network.chain_id, limits, steady_now);
    report.uses = uses_of(chain, at);
    report.key = fmt::format("chain.rpc[{}]", at);
    if (chain.clock == config::ClockSource::wall && report.probe.head)
        report.head_age = std::max(now - report.probe.head->block.timestamp, std::chrono::seconds{0});
    judge(report, chain, at);
    return report;
}

}  // namespace

std::vector<EndpointReport> probe_endpoints(const config::ChainSettings& chain) {
    std::vector<std::future<EndpointReport>> asked;
    for (std::size_t i = 0; i < chain.rpc.size(); ++i)
        asked.push_back(std::async(std::launch::async, [&chain, i] { return report_on(chain, i); }));
    std::vector<EndpointReport> out;
    for (auto& one : asked) out.push_back(one.get());
    compare_heads(out, chain);
    return out;
}

std::string sentence(const EndpointProbe& p) {
    std::vector<std::string> parts;
    const auto say = [&](const auto& measured, const char* what, auto text) {
        parts.push_back(measured ? text(*measured) : fmt::format("{} unknown", what));
    };
    say(p.client, "client", [](const std::string& c) { return c; });
    say(p.latency, "latency", [](const EndpointProbe::Latency& l) {
        return fmt::format("{:.1f} ms (worst {:.1f})", static_cast<double>(l.median.count()) / 1000,
                           static_cast<double>(l.worst.count()) / 1000);
    });
    say(p.batch, "batches",
        [](std::size_t n) { return n == 1 ? std::string("no batches") : fmt::format("batches of {}", n); });
    say(p.logs, "logs",
        [](std::uint64_t n) { return n == 0 ? std::string("no logs") : "logs of " + blocks(n); });
    say(p.depth, "state", [](const EndpointProbe::Depth& d) {
        if (d.archive) return std::string("archive");
        return d.blocks == 0 ? std::string("state of the newest block only")
                             : "state of the last " + blocks(d.blocks);
    });
    say(p.burst, "throttling", [](const EndpointProbe::Burst& b) {
        if (b.refused == 0) return fmt::format("{} at once taken", b.asked);
        return fmt::format("{} of {} at once refused{}", b.refused, b.asked,
                           b.retry_after ? fmt::format(" (for {} s)", b.retry_after->count()) : "");
    });
    return fmt::format("{}", fmt::join(parts, " · "));
}

nlohmann::json document(const EndpointReport& report) {
    const EndpointProbe& p = report.probe;
    nlohmann::json out{{"endpoint", p.origin},
                       {"uses", report.uses},
                       {"key", report.key},
                       {"failures", report.failures},
                       {"remarks", report.remarks},
                       {"requests", p.requests},
                       {"unknown", nlohmann::json::object()}};
    put(out, "client", p.client, [](const std::string& v) { return v; });
    put(out, "chain_id", p.chain, [](ChainId v) { return v.value; });
    put(out, "block", p.head, [](const Head& v) { return v.block.number.value; });
    out["head_age_s"] = report.head_age ? nlohmann::json(report.head_age->count()) : nlohmann::json(nullptr);
    put(out, "latency_ms", p.latency, [](const EndpointProbe::Latency& v) {
        return nlohmann::json{{"median", static_cast<double>(v.median.count()) / 1000},
                              {"worst", static_cast<double>(v.worst.count()) / 1000}};
    });
    put(out, "batch", p.batch, [](std::size_t v) { return v; });
    put(out, "logs_blocks", p.logs, [](std::uint64_t v) { return v; });
    put(out, "state", p.depth, [](const EndpointProbe::Depth& v) {
        return nlohmann::json{{"blocks", v.blocks}, {"archive", v.archive}};
    });
    put(out, "reads_by_hash", p.pins_by_hash, [](bool v) { return v; });
    put(out, "missing_methods", p.missing, [](const std::vector<std::string>& v) { return v; });
    put(out, "burst", p.burst, [](const EndpointProbe::Burst& v) {
        return nlohmann::json{{"asked", v.asked},
                              {"refused", v.refused},
                              {"retry_after_s", v.retry_after ? nlohmann::json(v.retry_after->count())
                                                              : nlohmann::json(nullptr)}};
    });
    return out;
}

}  // namespace outrigger::cli
