// SPDX-License-Identifier: Apache-2.0
// What the forks of Uniswap v3 need around them and no package brings. Test-only: nothing here guards anything.
pragma solidity ^0.8.26;

interface IPool {
    function token0() external view returns (address);
    function token1() external view returns (address);
    function swap(address, bool, int256, uint160, bytes calldata) external returns (int256, int256);
    function setGaugeAndPositionManager(address gauge, address nft) external;
    function tickSpacing() external view returns (int24);
}

interface IToken {
    function transferFrom(address, address, uint256) external returns (bool);
}

interface IGauge {
    function initialize(address pool, address feesVotingReward, address rewardToken, address voter, address nft,
        address token0, address token1, int24 tickSpacing, bool isPool) external;
}

/// Swaps at a pool directly, for whoever calls and has approved it.
contract Swapper {
    function swap(address pool, bool zeroForOne, int256 amount, uint160 limit) external {
        IPool(pool).swap(msg.sender, zeroForOne, amount, limit, abi.encode(msg.sender));
    }
    function uniswapV3SwapCallback(int256 amount0, int256 amount1, bytes calldata payer) external {
        pay(amount0, amount1, payer);
    }
    function pancakeV3SwapCallback(int256 amount0, int256 amount1, bytes calldata payer) external {
        pay(amount0, amount1, payer);
    }
    function pay(int256 amount0, int256 amount1, bytes calldata payer) private {
        address from = abi.decode(payer, (address));
        if (amount0 > 0) IToken(IPool(msg.sender).token0()).transferFrom(from, msg.sender, uint256(amount0));
        if (amount1 > 0) IToken(IPool(msg.sender).token1()).transferFrom(from, msg.sender, uint256(amount1));
    }
}

/// Deploys PancakeSwap v3 pools from the creation code that lies at an address, where their periphery expects them.
contract PancakePoolDeployer {
    struct Parameters { address factory; address token0; address token1; uint24 fee; int24 tickSpacing; }
    Parameters public parameters;
    address private immutable creationCode;

    constructor(address where) { creationCode = where; }

    function deploy(address factory, address token0, address token1, uint24 fee, int24 tickSpacing)
        external returns (address pool)
    {
        parameters = Parameters(factory, token0, token1, fee, tickSpacing);
        bytes memory code = creationCode.code;
        bytes32 salt = keccak256(abi.encode(token0, token1, fee));
        assembly { pool := create2(0, add(code, 32), mload(code), salt) }
        require(pool != address(0), "no pool");
    }
}

/// A farm's reward book that rewards nothing: MasterChefV3 and the pool insist on one.
contract RewardlessLmPool {
    function deploy(address) external view returns (address) { return address(this); }
    function accumulateReward(uint32) external {}
    function crossLmTick(int24, bool) external {}
    function updatePosition(int24, int24, int128) external {}
    function getRewardGrowthInside(int24, int24) external pure returns (uint256) { return 0; }
}

/// Slipstream's voter, registry, gauge factory and older factory, as far as its pools ask them anything.
contract SlipstreamGovernance {
    mapping(address => address) public gauges;

    function factoryRegistry() external view returns (address) { return address(this); }
    function factoriesToPoolFactory(address) external view returns (address, address) { return (address(0), address(this)); }
    function getPool(address, address, int24) external pure returns (address) { return address(0); }
    function isAlive(address gauge) external pure returns (bool) { return gauge != address(0); }

    function install(address pool, address gauge, address nft) external {
        IPool p = IPool(pool);
        IGauge(gauge).initialize(pool, address(1), address(1), address(this), nft, p.token0(), p.token1(), p.tickSpacing(), true);
        p.setGaugeAndPositionManager(gauge, nft);
        gauges[pool] = gauge;
    }
}
