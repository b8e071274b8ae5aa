import Stores

/// Which theme a text is about: the one whose words occur most, a title's counting three times; of two with as many the first in
/// ``Stores/Theme``'s order. Nothing found: `markets`.
enum ThemeWords {
    static func theme(title: WordList, body: WordList) -> Theme {
        var best = (theme: Theme.markets, count: 0)
        for theme in Theme.allCases {
            guard let words = words[theme] else { continue }
            let count = 3 * words.count(in: title) + words.count(in: body)
            if count > best.count { best = (theme, count) }
        }
        return best.theme
    }

    private static let words: [Theme: PhraseSet] = [
        .regulation: PhraseSet(
            "sec, cftc, doj, regulat*, lawsuit*, sues, sued, court, judge, ruling, legislation, lawmaker*, congress, senate, bill, mica, esma, fca, ban, bans, "
                + "banned, sanction*, compliance, license*, settlement, fined, charged, indict*, sentenc*, guilty, tax, taxes, executive order, subpoena*"
        ),
        .institutions: PhraseSet(
            "etf*, etp*, inflow*, outflow*, blackrock, fidelity, grayscale, vanguard, jpmorgan, goldman*, morgan stanley, institution*, wall street, hedge fund*, "
                + "asset manager*, treasury company, microstrategy, custody, pension*, sovereign wealth, bank, banks"),
        .security: PhraseSet(
            "hack*, exploit*, breach*, stolen, drained, attack*, vulnerab*, phishing, rug pull, scam*, fraud*, theft, malware, ransomware, lazarus, "
                + "private key*, bug, audit*, white hat"),
        .markets: PhraseSet(
            "price*, rally, rallies, surge*, soar*, plunge*, crash*, drop*, falls, fell, rises, rose, gain*, loss*, all time high, record high, bull*, bear*, "
                + "liquidat*, open interest, futures, options, traders, trading, volatility, support, resistance, market cap, selloff, correction, funding rate*"
        ),
        .defi: PhraseSet(
            "defi, lending, borrow*, yield*, liquidity pool*, dex, amm, tvl, staking, restaking, vault*, aave, uniswap, lido, curve, makerdao, perps, "
                + "governance, dao, token unlock*, airdrop*"),
        .stablecoins: PhraseSet(
            "stablecoin*, usdt, usdc, tether, circle, dai, pyusd, peg, depeg*, genius act, reserves, cbdc*, digital dollar, digital euro"),
        .infrastructure: PhraseSet(
            "mainnet, testnet, upgrade*, fork, hard fork, layer 2, l2, rollup*, validator*, consensus, sharding, zk, zero knowledge, bridge*, oracle*, protocol "
                + "upgrade, eip, scaling, node*, client*, throughput, outage"),
        .exchanges: PhraseSet(
            "exchange*, binance, coinbase, kraken, okx, bybit, bitfinex, gemini, kucoin, delist*, lists, listing*, withdrawal*, deposits, proof of reserves, ipo"
        ),
        .adoption: PhraseSet(
            "payment*, adopt*, merchant*, visa, mastercard, paypal, stripe, legal tender, el salvador, integrat*, partnership*, partners, remittance*, wallet*, "
                + "users, accept*, card"),
        .mining: PhraseSet("mining, miner*, hashrate, hash rate, difficulty, halving, asic*, marathon digital, riot, cleanspark, energy, megawatt*"),
        .culture: PhraseSet(
            "nft*, gaming, game*, metaverse, meme coin*, memecoin*, collectible*, art, music, sports, fan token*, creator*, social, movie"),
        .macro: PhraseSet(
            "fed, federal reserve, fomc, powell, inflation, cpi, ppi, rate cut*, rate hike*, interest rate*, jobs report, payroll*, recession, gdp, tariff*, "
                + "dollar index, treasury yield*, ecb, boj, geopolit*, war, oil, gold"),
    ]
}
