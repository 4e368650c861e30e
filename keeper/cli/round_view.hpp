// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "keeper/shell/keeper.hpp"

namespace outrigger::cli {

/// Turns rounds into log lines: what was sent, settled or refused, and a position's line whenever what it
/// does or why has changed. Quiet rounds say nothing.
class RoundLog {
  public:
    explicit RoundLog(const Keeper& keeper) : keeper_(keeper) {}
    void tell(const RoundReport& round);

  private:
    static void tell_reorg(const RoundReport& round);
    void tell_settled(const RoundReport& round);
    void tell_acted(const RoundReport& round);
    void tell_positions(const RoundReport& round);

    const Keeper& keeper_;
    std::map<std::string, std::string> last_;  // position -> what was last said of it
    std::string last_refusal_;
};

/// One round as a document: schema, mode, chain_id, block, undone_blocks, decision, settled, acted.
nlohmann::json round_document(const Keeper& keeper, const RoundReport& round);

/// "+0.031 ETH ($98, 0.5 % of value) inside ±10 %": a position's residual in words.
std::string residual_sentence(const PositionFigures& figures, const Universe& universe);

}  // namespace outrigger::cli
