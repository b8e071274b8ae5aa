/// Words that half of all news about coins uses, whatever it tells: two articles that share no others tell no common story.
///
/// Data, not code: a word that names a kind of event ("hack", "lawsuit", "etf") does not belong here.
enum TradeWords {
    static let all: Set<String> = Set(
        """
        crypto cryptos cryptocurrency cryptocurrencies coin coins token tokens altcoin altcoins blockchain blockchains web3 digital asset assets project
        projects industry sector ecosystem network networks platform platforms company companies firm firms
        price prices market markets trader traders trading trade trades investor investors investing investment buyers sellers holders whales whale
        analyst analysts analysis expert experts chart charts technical indicator indicators pattern momentum volume volatility sentiment
        bull bulls bullish bear bears bearish rally rallies rallied rallying surge surges surged surging jump jumps jumped soar soars soared climb climbs
        climbed rise rises rose rising gain gains gained drop drops dropped fall falls fell falling slip slips slipped slide slides dip dips decline
        declines declined loss losses recovery rebound rebounds
        high higher highs low lower lows level levels support resistance zone range target targets key top big major potential
        outlook forecast forecasts prediction predictions predict predicts update updates news report reports data
        hit hits break breaks breaking breakout move moves movement moving watch eyes signals signal
        hour hours daily weekly monthly today percent usd dollar dollars million billion trillion value worth cap capitalization
        """.split { $0 == " " || $0 == "\n" }.map(String.init))
}
