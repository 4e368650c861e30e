// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "chain/base/result.hpp"

namespace outrigger::cli {

/// Exit codes; documented in docs/exit-codes.md and relied on by service managers.
enum class Exit : int {
    ok = 0,
    error = 1,            // anything unplanned
    usage = 2,            // bad flags, missing --confirm
    config = 3,           // syntax, unknown key, wrong chain id
    key = 4,              // keystore missing, wrong password
    network = 5,          // no RPC reachable
    position = 6,         // NFT burned, not on this chain, unknown pool
    oracle_or_venue = 7,  // stale feed, paused market, missing allowance
    guard = 8,            // a limit tripped and the process was asked to stop
    not_running = 9,
    busy = 10,  // another keeper holds this datadir or this signer
    timeout = 11,
};

/// An error for a person, in four parts, with the exit code it ends in.
struct Failure {
    Exit exit = Exit::error;
    std::string code;   // "config.unknown_key", for programs
    std::string what;   // what failed
    std::string where;  // file:line, address, host; may be empty
    std::string why;    // why we think so; may be empty
    std::string fix;    // the command or edit that fixes it; may be empty
};

template <class T>
using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> stop(Failure f) {
    return tl::unexpected<Failure>(std::move(f));
}

/// The failure an error of the inner layers becomes when nothing better is known.
Failure failure_from(const Error& error, Exit exit, std::string code, std::string what, std::string fix);

}  // namespace outrigger::cli
