// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "chain/rpc/head.hpp"
#include "chain/rpc/json_rpc.hpp"
#include "chain/rpc/wire.hpp"

namespace outrigger {

/// What a node answered to a raw transaction: a hint, whatever it says. Only the chain knows.
struct SendOutcome {
    SendFault fault = SendFault::unknown;
    TxHash hash{};     // computed from the bytes, not taken from the answer
    std::string text;  // what the node or the network said; empty when accepted
    bool accepted() const { return fault == SendFault::none; }
};

enum class BlockTag : std::uint8_t { latest, pending };

/// One call of a batch whose last parameter is a block when `pinned`: the args are the parameters before it.
struct BlockCall {
    std::string method;
    std::string args;  // JSON values separated by commas, without brackets
    bool pinned = true;
    std::size_t about = 0;  // bytes its answer will have, if that is much
};

/// One endpoint of one chain. Every answer is checked field by field; nothing is remembered but what the
/// endpoint can do. Errors of every read: Errc::timeout, Errc::transport, Errc::rpc, Errc::decode;
/// Errc::unsupported for a method that the node has said it does not offer, which is not asked for again; of
/// every read at a block also Errc::reorged.
class Node {
  public:
    Node(Transport& transport, JsonRpc::Options options, ChainId chain);

    /// The chain id the node itself reports.
    Result<ChainId> chain_id();
    /// The newest block it knows.
    Result<Head> head();
    /// The two halves of head(), for asking several nodes at once; `identify` asks for the chain id beside
    /// it, in the same request where the node takes batches. Errors: Errc::config when it is another chain's.
    JsonRpc::Asked begin_head(bool identify);
    Result<Head> finish_head(const JsonRpc::Asked& asked, std::span<const Result<HttpResponse>> answers);
    /// The header of its canonical chain at a height, or of a hash. Errors: Errc::not_found.
    Result<Head> header(BlockNumber number);
    Result<Head> header(const BlockHash& hash);
    /// The two halves of header(number), for asking several nodes at once.
    JsonRpc::Asked begin_header(BlockNumber number);
    Result<Head> finish_header(BlockNumber number, const JsonRpc::Asked& asked,
                               std::span<const Result<HttpResponse>> answers);
    /// `count` headers from `first` on, in one request. Errors: Errc::not_found when one is missing.
    Result<std::vector<Head>> headers(BlockNumber first, std::size_t count);
    /// The priority fee to offer, in wei per gas: the node's suggestion, or the median of recent blocks when
    /// it makes none; never more than `cap`, whatever the node says.
    Result<U256> suggested_tip(const U256& cap);

    /// What a call would return at the pinned block. Errors: Errc::reverted with the contract's reason.
    Result<Bytes> call(const Address& from, const TxCall& call, const BlockRef& pin);
    /// The gas a call would need, at the pinned block or at the latest. Errors: Errc::reverted.
    Result<Gas> estimate_gas(const Address& from, const TxCall& call, const std::optional<BlockRef>& pin);
    /// How many transactions an account has sent. Errors: those of every read.
    Result<Nonce> transaction_count(const Address& account, BlockTag tag);
    Result<U256> balance(const Address& account, const BlockRef& pin);
    /// The code at an address, empty when there is none.
    Result<Bytes> code(const Address& account, const BlockRef& pin);

    /// A transaction the node knows, mined or pending; nothing when it knows none, from which nothing
    /// follows.
    Result<std::optional<TransactionInfo>> transaction(const TxHash& hash);
    /// A receipt whose block is on the node's canonical chain and lists the transaction; nothing when the
    /// node has none, from which nothing follows. Errors: Errc::reorged when the block is not canonical.
    Result<std::optional<tx::Receipt>> receipt(const TxHash& hash);

    /// Offers a signed transaction to this node.
    SendOutcome send_raw(ByteView raw);
    /// The two halves of send_raw, for sending to several nodes at once.
    JsonRpc::Prepared prepare_send(ByteView raw);
    SendOutcome understand_send(ByteView raw, const JsonRpc::Prepared& asked,
                                const Result<HttpResponse>& answer);

    /// Replies to calls that all see the same block, by one HTTP request where the node knows EIP-1898. Where
    /// it does not, they read by number, and the header is compared with the pin in the same request and
    /// again in a second one. When the pinned block is not canonical, every slot is Errc::reorged.
    std::vector<Reply> at_block(const BlockRef& pin, std::span<const BlockCall> calls);
    /// The two halves of at_block, for asking several nodes at once.
    struct AtBlock {
        BlockRef pin;
        std::vector<BlockCall> calls;
        bool by_number = false;
        JsonRpc::Asked asked{};
    };
    AtBlock begin_at_block(const BlockRef& pin, std::span<const BlockCall> calls);
    std::vector<Reply> finish_at_block(const AtBlock& at, std::span<const Result<HttpResponse>> answers);

    /// The result of any method, as JSON text; `params` is a JSON array. For development nodes.
    Result<std::string> raw(std::string_view method, std::string_view params);

    ChainId chain() const { return chain_; }
    const std::string& origin() const { return rpc_.origin(); }
    std::uint64_t http_requests() const { return rpc_.http_requests(); }
    /// True when the node takes several calls in one request.
    bool takes_batches() const { return rpc_.batch_size() > 1; }
    /// True when what it was asked may be asked of it again; that is then counted.
    bool may_ask_again() { return rpc_.may_ask_again(); }
    /// False once the node has shown that it does not know EIP-1898.
    bool pins_by_hash() const { return pins_by_hash_; }
    /// True once the node has said that it does not offer the method.
    bool lacks(const std::string& method) const { return missing_.count(method) > 0; }

  private:
    Reply offered(const std::string& method, Reply reply);
    Reply not_offered(const std::string& method) const;
    Result<nlohmann::json> ask(std::string method, std::string params);
    Result<nlohmann::json> ask_at(const BlockRef& pin, BlockCall call);
    AtBlock begin_by_number(const BlockRef& pin, std::span<const BlockCall> calls);
    std::vector<Reply> finish_by_number(const AtBlock& at, std::span<const Result<HttpResponse>> answers);
    Result<void> check_canonical(const Result<Head>& seen, const BlockRef& pin) const;
    Result<Head> numbered(BlockNumber number, Reply reply) const;
    Result<Head> named_head(Result<Head> head, std::string_view what) const;
    Result<U256> tip_from_history();

    Transport& transport_;
    JsonRpc rpc_;
    ChainId chain_;
    bool pins_by_hash_ = true;
    std::set<std::string> missing_;  // methods
};

}  // namespace outrigger
