// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "chain/base/bytes.hpp"

namespace outrigger {

/// A contract's reason for refusing, in words, with the reason itself in brackets: Aave's numbers ("36") and
/// custom errors, Perp's codes ("CH_NEFCI"), the routers' and tokens' texts. Unknown reasons come back as
/// they are.
std::string explain_revert(std::string_view reason);
/// The same from the bytes a reverted call returned.
std::string explain_revert(ByteView data);

}  // namespace outrigger
