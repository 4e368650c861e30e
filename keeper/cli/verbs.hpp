// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "keeper/cli/context.hpp"

/// One function per verb. Each returns the process's exit code and has printed whatever there was to say.
namespace outrigger::cli {

struct RunFlags {
    bool live = false;
    std::string confirm;
    bool resume = false;
    std::uint64_t rounds = 0;  // 0: until stopped
};
int run(const Globals& globals, const RunFlags& flags);

struct SignerFlags {
    bool once = false;  // ends with its first client
    int ready_fd = -1;  // where to say that it has started
};
int signer(const Globals& globals, const SignerFlags& flags);

struct PauseFlags {
    std::string position;  // empty: all
    std::string reason;
};
int pause(const Globals& globals, const PauseFlags& flags);
int resume(const Globals& globals, const PauseFlags& flags);

struct CheckFlags {
    bool offline = false;
    bool quick = false;  // without measuring the endpoints
    bool live = false;
};
int check(const Globals& globals, const CheckFlags& flags);

struct StatusFlags {
    bool live = false;  // the live ledger; otherwise whichever was written last
    bool dry_run = false;
};
int status(const Globals& globals, const StatusFlags& flags);

struct ExplainFlags {
    std::string position;  // empty: all
    StatusFlags ledger;
};
int explain(const Globals& globals, const ExplainFlags& flags);

struct PositionsFlags {
    std::string owner;       // whose positions to find on the chain; empty: the configured ones
    std::string volatility;  // per year, "80%" or "0.8"; empty: from the price history
    std::vector<std::string> entry_prices;  // "NAME=PRICE" or "PRICE", as prices are shown
};
int positions(const Globals& globals, const PositionsFlags& flags);

struct StressFlags {
    std::vector<std::string> correlations;  // "ETH:ARB=0.2"
    StatusFlags ledger;                     // whose regimes and simulated hedges count
};
int stress(const Globals& globals, const StressFlags& flags);

struct HistoryFlags {
    std::string action;      // backfill | import | export; empty: show
    bool live = false;       // the live ledger's prices
    std::uint32_t days = 0;  // back to; 0: what the model looks back
    bool pools = false;      // also from pools' observations
    bool replace = false;    // what the file says counts
    std::string file;
    std::string asset;
};
int history(const Globals& globals, const HistoryFlags& flags);

struct DemoFlags {
    bool once = false;  // no pauses: as fast as it goes, for scripts
    double speed = 4;   // simulated minutes per second
    bool hold = false;  // keep the chain up afterwards
};
int demo(const Globals& globals, const DemoFlags& flags);

struct DevnetFlags {
    std::string action;  // up | down | status | price | mine
    std::uint16_t port = 8545;
    std::string directory;  // where its state file and sample configuration go
    std::string asset = "ETH";
    std::string value;
};
int devnet(const Globals& globals, const DevnetFlags& flags);

int version(const Globals& globals);

}  // namespace outrigger::cli
