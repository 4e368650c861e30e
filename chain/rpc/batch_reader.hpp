// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "chain/abi/multicall.hpp"
#include "chain/abi/query.hpp"
#include "chain/rpc/failover.hpp"
#include "chain/rpc/learned_size.hpp"

namespace outrigger {

struct MulticallOptions {
    std::optional<Address> multicall = abi::kMulticall3;  // nothing: every call by itself, in the same batch
    std::size_t calls_max = 500;                          // of one multicall
    std::size_t calldata_max = 96UL * 1024;               // bytes of one multicall
};

/// The reads of a round in one HTTP request per chain: contract calls folded into Multicall3, the rest beside
/// them in one JSON-RPC batch, all at the pinned block. A multicall the endpoint cannot run, or whose answer
/// is too large, is halved until it can; the size that worked is remembered for that endpoint. A transport
/// failure or a reorg fails every slot of its chain. Where the set asks for a quorum, that many endpoints are
/// read, and one more round of them when they differ: a read that no majority agrees on is Errc::rejected,
/// and an outvoted endpoint is set aside.
class MulticallReader final : public BatchReader {
  public:
    /// The sets are borrowed and must outlive the reader.
    explicit MulticallReader(std::map<ChainId, NodeSet*> chains, MulticallOptions options = {});

    /// HTTP requests sent by all nodes of all chains so far.
    std::uint64_t http_requests() const;

  private:
    using Slots = std::vector<Result<Bytes>>;
    using Chunk = std::vector<std::size_t>;  // indices of EthCalls that share one eth_call

    std::vector<Result<Bytes>> execute(const Pins& pins, std::span<const Read> reads) override;
    Result<Slots> read_agreed(NodeSet& nodes, const BlockRef& pin, std::span<const Read> reads);
    /// The reads of one endpoint on their way: which call each slot waits for.
    struct Reading {
        std::span<const Read> reads;
        std::vector<std::size_t> plain{};  // indices of reads that are calls of their own, first in the batch
        std::vector<Chunk> chunks{};
        Node::AtBlock at{};
        std::vector<HttpRequest> requests() const { return at.asked.requests(); }
    };
    Reading begin_chain(Node& node, const BlockRef& pin, std::span<const Read> reads);
    Result<Slots> finish_chain(Node& node, Reading reading, std::vector<Result<HttpResponse>> answers);
    std::vector<Chunk> chunks_of(std::span<const Read> reads, std::size_t calls_max) const;
    BlockCall call_of(std::span<const Read> reads, const Chunk& chunk) const;
    Result<void> settle(const Chunk& chunk, Reply& reply, Slots& out, std::vector<Chunk>& again) const;
    LearnedSize& limit_of(const Node& node);

    std::map<ChainId, NodeSet*> chains_;
    MulticallOptions options_;
    std::map<const Node*, LearnedSize> limits_;  // calls in one multicall, by endpoint
};

}  // namespace outrigger
