// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "chain/abi/query.hpp"
#include "chain/base/hex.hpp"

namespace outrigger::testing {

/// Answers contract reads from a table; a call that is not in it fails the way an unknown answer does.
class ScriptedReader : public BatchReader {
  public:
    void set(const Address& to, const Bytes& calldata, Result<Bytes> answer) {
        answers_.insert_or_assign({to, calldata}, std::move(answer));
    }
    std::size_t batches = 0;

  private:
    std::vector<Result<Bytes>> execute(const Pins&, std::span<const Read> reads) override {
        ++batches;
        std::vector<Result<Bytes>> out;
        for (const auto& read : reads) {
            const auto& call = std::get<EthCall>(read);
            const auto found = answers_.find({call.to, call.data});
            out.push_back(found != answers_.end()
                              ? found->second
                              : Result<Bytes>(fail(Errc::rpc, "not scripted: " + to_hex(call.data) + " to " +
                                                                  to_hex(call.to))));
        }
        return out;
    }

    std::map<std::pair<Address, Bytes>, Result<Bytes>> answers_;
};

}  // namespace outrigger::testing
