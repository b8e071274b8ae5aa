/// The names that the desk knows, one a line: kind | name | tickers | spellings.
///
/// A ticker counts in capitals or behind "$"; with "~" before it, it is a common word too and counts behind "$", or in capitals in a
/// text about crypto that does not shout. A spelling counts in any case; with "^" it must begin with a capital, with "!" be all
/// capitals, with "~" begin with a capital in a text about crypto. Lines of the kind "none" hold phrases that only look like names.
enum GazetteerData {
    static let lines = coins + companies + regulators + people + none

    private static let coins = """
        coin | Bitcoin | BTC, XBT | bitcoin, bitcoins, btc
        coin | Ethereum | ETH | ethereum, ether, eth
        coin | XRP | XRP | xrp, xrp ledger, ripple xrp, ripple price, ripple coin, ripple token
        coin | BNB | BNB | bnb, bnb chain, binance coin, binance smart chain
        coin | Solana | ~SOL | solana
        coin | Tether USD | USDT | usdt, tether usdt, tether stablecoin
        coin | USD Coin | USDC | usdc, usd coin
        coin | Dogecoin | DOGE | dogecoin
        coin | Cardano | ~ADA | cardano
        coin | TRON | TRX | !TRON, ^Tron
        coin | Chainlink | ~LINK | chainlink
        coin | Avalanche | AVAX | ~Avalanche
        coin | Stellar | XLM | ~Stellar, stellar lumens
        coin | Sui | ~SUI | ~Sui, sui network
        coin | Bitcoin Cash | BCH | bitcoin cash
        coin | Hedera | HBAR | hedera, hedera hashgraph
        coin | Litecoin | LTC | litecoin
        coin | Toncoin | ~TON | toncoin
        coin | Shiba Inu | SHIB | shiba inu
        coin | Polkadot | ~DOT | polkadot
        coin | Hyperliquid | ~HYPE | hyperliquid
        coin | Uniswap | ~UNI | uniswap
        coin | Pepe | ~PEPE | ~Pepe, pepecoin
        coin | Monero | XMR | monero
        coin | Dai | ~DAI |
        coin | Aave | AAVE | ^Aave
        coin | Ethena | ~ENA | ethena
        coin | NEAR Protocol | ~NEAR | near protocol
        coin | Aptos | ~APT | aptos
        coin | Internet Computer | ICP | ^Internet Computer
        coin | Ethereum Classic | ~ETC | ethereum classic
        coin | Ondo | ONDO | ~Ondo
        coin | Mantle | MNT | ~Mantle
        coin | OKB | OKB |
        coin | Cronos | ~CRO | cronos
        coin | Kaspa | KAS | kaspa
        coin | Bittensor | ~TAO | bittensor
        coin | Cosmos | ~ATOM | ~Cosmos, cosmos hub
        coin | VeChain | ~VET | vechain
        coin | Algorand | ALGO | algorand
        coin | Arbitrum | ~ARB | arbitrum
        coin | Polygon | ~POL, MATIC | ~Polygon
        coin | Render | RNDR, ~RENDER | render token, render network
        coin | Filecoin | ~FIL | filecoin
        coin | Optimism | ~OP | optimism mainnet, optimism token
        coin | Worldcoin | WLD | worldcoin
        coin | Celestia | TIA | ~Celestia
        coin | Injective | INJ | ~Injective
        coin | Immutable | IMX | immutable x
        coin | The Graph | GRT | ~The Graph
        coin | Bonk | ~BONK | ~Bonk
        coin | Sei | ~SEI | ~Sei, sei network
        coin | Stacks | STX | ~Stacks
        coin | Maker | MKR | makerdao
        coin | Zcash | ZEC | zcash
        coin | Tezos | XTZ | tezos
        coin | Bitcoin SV | BSV | bitcoin sv
        coin | Wrapped Bitcoin | WBTC | wrapped bitcoin
        coin | Lido DAO | LDO | ~Lido
        coin | Quant | ~QNT |
        coin | Gas | ~GAS | neogas
        coin | Harmony | ~ONE | harmony one
        coin | Terra | ~LUNA, UST, LUNC | terra luna, terrausd

        """

    private static let companies = """
        exchange | Binance | | binance
        exchange | Binance.US | | binance us
        exchange | Coinbase | ~COIN | coinbase, coinbase global
        exchange | Kraken | | ~Kraken
        exchange | Bybit | | bybit
        exchange | OKX | | okx
        exchange | Bitfinex | | bitfinex
        exchange | Bitstamp | | bitstamp
        exchange | Gemini | | ~Gemini
        exchange | KuCoin | | kucoin
        exchange | Crypto.com | | crypto com
        exchange | Upbit | | upbit
        exchange | Bithumb | | bithumb
        exchange | Bitget | | bitget
        exchange | Deribit | | deribit
        exchange | FTX | FTX | ftx
        exchange | Mt. Gox | | mt gox, mtgox
        exchange | Robinhood | | robinhood, robinhood markets
        exchange | CME | CME | cme group
        exchange | Cboe | | cboe
        exchange | Nasdaq | | nasdaq
        exchange | NYSE | NYSE | new york stock exchange
        company | Ripple | | ^Ripple, ripple labs
        company | Tether | | ^Tether, tether holdings
        company | Circle | ~CRCL | ~Circle, circle internet, circle internet financial
        company | Strategy | MSTR | microstrategy
        company | BlackRock | | blackrock
        company | Fidelity | | ^Fidelity, fidelity investments
        company | Grayscale | | ~Grayscale, grayscale investments
        company | VanEck | | vaneck
        company | Bitwise | | ^Bitwise
        company | ARK Invest | | ark invest, ark 21shares
        company | Franklin Templeton | | franklin templeton
        company | Galaxy Digital | | galaxy digital
        company | JPMorgan | | jpmorgan, jp morgan, jpmorgan chase
        company | Goldman Sachs | | goldman sachs
        company | Morgan Stanley | | morgan stanley
        company | Citigroup | | citigroup, ^Citi
        company | Bank of America | | bank of america
        company | Standard Chartered | | standard chartered
        company | Deutsche Bank | | deutsche bank
        company | HSBC | HSBC |
        company | Visa | | ~Visa
        company | Mastercard | | mastercard
        company | PayPal | | paypal
        company | Stripe | | ~Stripe
        company | Block | | block inc
        company | Tesla | | tesla
        company | Nvidia | | nvidia
        company | Meta | | meta platforms
        company | Microsoft | | microsoft
        company | Google | | google
        company | Amazon | | ^Amazon
        company | Apple | | ^Apple
        company | OpenAI | | openai
        company | Anthropic | | ^Anthropic
        company | Marathon Digital | MARA | marathon digital, mara holdings
        company | Riot Platforms | | riot platforms, riot blockchain
        company | CleanSpark | | cleanspark
        company | Bitmain | | bitmain
        company | Metaplanet | | metaplanet
        company | BitMine | BMNR | bitmine
        company | ConsenSys | | consensys, metamask
        company | Chainalysis | | chainalysis
        company | Celsius | | ~Celsius, celsius network
        company | Terraform Labs | | terraform labs
        company | Three Arrows Capital | 3AC | three arrows capital, 3ac
        company | Alameda Research | | alameda research
        company | Genesis | | genesis global, genesis trading
        company | BlockFi | | blockfi
        company | Digital Currency Group | DCG | digital currency group
        company | Andreessen Horowitz | | andreessen horowitz, a16z
        company | Paradigm | | ~Paradigm
        company | Trump Media | | trump media
        company | World Liberty Financial | WLFI | world liberty financial
        company | Bitcoin Magazine | | bitcoin magazine
        company | Polymarket | | polymarket
        company | OpenSea | | opensea
        company | Ledger | | ledger sas, ledger wallet
        company | Telegram | | ^Telegram

        """

    private static let regulators = """
        regulator | SEC | | !SEC, securities and exchange commission
        regulator | CFTC | CFTC | commodity futures trading commission
        regulator | Federal Reserve | | federal reserve, ^Fed, !FOMC
        regulator | Department of Justice | DOJ | department of justice, justice department
        regulator | U.S. Treasury | | us treasury, treasury department, ^Treasury
        regulator | OFAC | OFAC | office of foreign assets control
        regulator | FinCEN | | fincen
        regulator | FDIC | FDIC | federal deposit insurance corporation
        regulator | OCC | OCC | office of the comptroller of the currency
        regulator | IRS | | !IRS, internal revenue service
        regulator | FBI | FBI | federal bureau of investigation
        regulator | NYDFS | NYDFS | new york department of financial services
        regulator | Financial Conduct Authority | FCA | financial conduct authority
        regulator | Bank of England | BOE | bank of england
        regulator | European Central Bank | ECB | european central bank
        regulator | European Commission | | european commission
        regulator | ESMA | ESMA | european securities and markets authority
        regulator | European Banking Authority | EBA | european banking authority
        regulator | BaFin | | bafin
        regulator | Monetary Authority of Singapore | | !MAS, monetary authority of singapore
        regulator | Hong Kong Monetary Authority | HKMA | hong kong monetary authority
        regulator | Hong Kong SFC | | !SFC, securities and futures commission
        regulator | Bank of Japan | BOJ | bank of japan
        regulator | Financial Services Agency | | !FSA, financial services agency
        regulator | People's Bank of China | PBOC | people's bank of china
        regulator | Reserve Bank of India | RBI | reserve bank of india
        regulator | SEBI | SEBI |
        regulator | VARA | VARA |
        regulator | ASIC | | !ASIC
        regulator | FATF | FATF | financial action task force
        regulator | IMF | IMF | international monetary fund
        regulator | BIS | | !BIS, bank for international settlements
        regulator | Financial Stability Board | FSB | financial stability board
        regulator | U.S. Congress | | ^Congress, us congress
        regulator | U.S. Senate | | ^Senate, us senate
        regulator | White House | | ^White House

        """

    private static let people = """
        person | Melania Trump | | melania trump
        person | Eric Trump | | eric trump
        person | Donald Trump Jr. | | donald trump jr
        person | Ivanka Trump | | ivanka trump
        person | Colin Powell | | colin powell
        person | Donald Trump | | donald trump, ^Trump, president trump
        person | Jerome Powell | | jerome powell, ^Powell
        person | Kevin Warsh | | kevin warsh, ^Warsh
        person | Gary Gensler | | gary gensler, ^Gensler
        person | Paul Atkins | | paul atkins, ^Atkins
        person | Hester Peirce | | hester peirce, ^Peirce
        person | Elizabeth Warren | | elizabeth warren, senator warren, sen warren
        person | Cynthia Lummis | | cynthia lummis, ^Lummis
        person | Scott Bessent | | scott bessent, ^Bessent
        person | David Sacks | | david sacks
        person | Janet Yellen | | janet yellen, ^Yellen
        person | Christine Lagarde | | christine lagarde, ^Lagarde
        person | Nayib Bukele | | nayib bukele, ^Bukele
        person | Javier Milei | | javier milei, ^Milei
        person | Elon Musk | | elon musk, ^Musk
        person | Jack Dorsey | | jack dorsey, ^Dorsey
        person | Mark Zuckerberg | | mark zuckerberg, ^Zuckerberg
        person | Larry Fink | | larry fink
        person | Jamie Dimon | | jamie dimon, ^Dimon
        person | Cathie Wood | | cathie wood
        person | Michael Saylor | | michael saylor, ^Saylor
        person | Vitalik Buterin | | vitalik buterin, ^Vitalik, ^Buterin
        person | Satoshi Nakamoto | | satoshi nakamoto
        person | Changpeng Zhao | | changpeng zhao, !CZ
        person | Richard Teng | | richard teng
        person | Brian Armstrong | | brian armstrong
        person | Brad Garlinghouse | | brad garlinghouse, ^Garlinghouse
        person | Jeremy Allaire | | jeremy allaire, ^Allaire
        person | Paolo Ardoino | | paolo ardoino, ^Ardoino
        person | Sam Bankman-Fried | | sam bankman fried, bankman fried, !SBF
        person | Caroline Ellison | | caroline ellison
        person | Do Kwon | | ^Do Kwon
        person | Alex Mashinsky | | alex mashinsky, ^Mashinsky
        person | Justin Sun | | justin sun
        person | Charles Hoskinson | | charles hoskinson, ^Hoskinson
        person | Anatoly Yakovenko | | anatoly yakovenko, ^Yakovenko
        person | Arthur Hayes | | arthur hayes
        person | Cameron Winklevoss | | cameron winklevoss
        person | Tyler Winklevoss | | tyler winklevoss
        person | Mike Novogratz | | mike novogratz, michael novogratz, ^Novogratz
        person | Barry Silbert | | barry silbert, ^Silbert
        person | Jesse Powell | | jesse powell
        person | Craig Wright | | craig wright
        person | Roger Ver | | roger ver
        person | Roman Storm | | roman storm
        person | Tom Lee | | tom lee
        person | Peter Schiff | | peter schiff

        """

    private static let none = """
        none | | | amazon rainforest, amazon river, amazon basin, apple pie, apple juice, visa application, visa applications, visa rules
        none | | | ripple effect, ripple effects, stellar quarter, stellar results, stellar year

        """

    /// Words that only texts about crypto use; one of them is enough to read an ambiguous name as a coin's.
    static let context: Set<String> = [
        "crypto", "cryptos", "cryptocurrency", "cryptocurrencies", "blockchain", "blockchains", "token", "tokens", "altcoin", "altcoins",
        "stablecoin",
        "stablecoins", "memecoin", "memecoins", "defi", "nft", "nfts", "onchain", "staking", "airdrop", "dex", "mainnet", "testnet", "hodl",
        "satoshi",
        "web3", "wallet", "wallets", "halving", "tvl", "layer2", "coin", "coins", "tokenized", "tokenised",
    ]
}
