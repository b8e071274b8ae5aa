/// The words that triage and themes go by. A word ending in "*" stands for every word that begins so.
enum TriageWords {
    /// Titles that promise nothing new.
    static let noise = PhraseSet(
        """
        price prediction*, price forecast*, price target*, price analysis, price outlook, technical analysis, could hit, could reach, could soar,
        could explode, might explode, will it, can it, can bitcoin reach, can xrp reach, to the moon, 100x, 1000x, 10x, next big, best crypto*,
        best altcoin*, top altcoin*, top cryptos, top 3, top 5, top 10, presale*, pre sale, altcoins to buy, cryptos to buy, coins to buy, buy now,
        casino*, betting, sportsbook, horoscope, giveaway*, airdrop guide, how to buy, how to stake, how to trade, what is, explained, beginners guide,
        beginner s guide, promo code, bonus code, sponsored, press release, partner content, newsletter, podcast, on this day, year in review,
        weekly recap, week in review, a look back, throwback, anniversary, opinion, quiz, wordle, movie review, game review, gift guide, black friday,
        prime day, recipe*, celebrity, trailer
        """)

    /// Titles that always matter.
    static let high = PhraseSet(
        """
        sec, cftc, doj, fbi, fed, federal reserve, treasury, congress, senate, house bill, lawmaker*, regulat*, lawsuit*, sues, sued, suing, court,
        judge, ruling, settle*, fine, fined, fines, penalty, sanction*, indict*, convict*, sentenc*, arrest*, charged, charges, guilty, ban, bans, banned,
        mica, esma, fca, bafin, tax, taxes, legislation, genius act, clarity act, executive order, subpoena*, probe, investigat*,
        hack*, exploit*, breach*, stolen, drained, attack*, vulnerab*, phishing, rug pull, scam*, fraud*, theft, ransomware, outage, halted, halts, paused,
        etf*, etp*, spot bitcoin, inflow*, outflow*, blackrock, fidelity, grayscale, vanguard, jpmorgan, goldman*, morgan stanley, citi, citigroup,
        microstrategy, strategy buys, treasury company, treasuries, institution*, ipo, acquire*, acquisition*, merger*, takeover, raises, funding round,
        series a, series b, valuation, bankrupt*, insolven*, chapter 11, liquidat*, layoff*, delist*, lists, listing, custody, bank charter,
        record high, all time high, all time low, crash*, plunge*, plummet*, tumble*, surge*, soar*, rally, rallies, selloff, sell off, wiped out, billion,
        cpi, inflation, rate cut*, rate hike*, jobs report, fomc, powell, tariff*, recession, adopt*, legal tender, integrates, integration,
        mainnet, hard fork, upgrade*, halving, depeg*, reserve*, stablecoin bill
        """)

    /// An old incident told again matters less.
    static let retrospective = PhraseSet(
        """
        years ago, year ago, back in 2014, back in 2016, back in 2017, back in 2018, back in 2019, back in 2020, back in 2021, back in 2022, mt gox creditors,
        history of, timeline of, the story of, documentary, remember*, revisit*, lessons from, looking back
        """)

    /// Worth a model whoever writes it.
    static let important = PhraseSet(
        """
        sec, cftc, fed, etf*, hack*, exploit*, stolen, lawsuit*, sues, sued, blackrock, fidelity, regulat*, ban, bans, sanction*, bankrupt*, acquire*,
        acquisition*, liquidat*, depeg*, tariff*, rate cut*, all time high, record high, crash*, genius act, clarity act, indict*, arrest*, billion
        """)
}
