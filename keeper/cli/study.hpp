// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "keeper/cli/context.hpp"

namespace outrigger::cli {

struct StudyFlags {
    std::string prices;                    // a CSV file, plain or gzip
    std::vector<std::string> exposure;     // "ARB=10000", USD
    std::vector<std::string> instruments;  // "ETH,BTC", or "all"
    std::string estimator = "default";
    std::vector<std::string> compare;  // other estimators; empty: the usual ones
    std::string bar = "1h";
    std::string every;  // between decisions; empty: every bar
    std::string from;
    std::string to;
    std::string warm_up = "90d";
    std::string holding = "token";  // or "lp"
    std::size_t legs = 0;           // at most so many instruments at a time; 0: all
    std::string series;             // where the steps go
};
/// Walks ways to hedge through past prices and says what each would have done.
int study(const Globals& globals, const StudyFlags& flags);

}  // namespace outrigger::cli
