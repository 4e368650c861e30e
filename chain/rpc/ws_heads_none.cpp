// SPDX-License-Identifier: Apache-2.0
// In place of ws_heads.cpp where OUTRIGGER_WITH_WS is off.
#include "chain/rpc/ws_heads.hpp"

namespace outrigger {

struct WsHeads::Impl {};

WsHeads::WsHeads(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
WsHeads::~WsHeads() = default;

Result<std::unique_ptr<WsHeads>> WsHeads::open(WsOptions, std::function<void()>) {
    return fail(Errc::unsupported,
                "this program was built without WebSockets (OUTRIGGER_WITH_WS=OFF): remove chain.rpc.ws");
}

bool WsHeads::live() const {
    return false;
}

}  // namespace outrigger
