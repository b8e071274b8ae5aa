/// The sentiment lexicon, one weight a line: the weight, then its words and phrases.
enum SentimentData {
    static let weights = """
        3: record high, all time high, all time highs, record highs, new high, new highs
        2.5: surge, surges, surged, surging, soar, soars, soared, soaring, skyrocket, skyrockets, skyrocketed, rally, rallies, rallied, rallying
        2: bullish, breakthrough, bull market, bull run, jump, jumps, jumped, jumping, boom, booms, booming, outperform, outperforms, outperformed
        2: win, wins, won, victory, approve, approves, approved, approval, approvals, boost, boosts, boosted, boosting, triumph, landmark, thrive, thrives
        2: drops lawsuit, dropped lawsuit, drops case, dropped case, drops charges, dropped charges, drops probe, dropped probe, drops investigation
        2: lawsuit dismissed, case dismissed, dismisses lawsuit, dismissed lawsuit, ends probe, ends investigation, closes investigation, closes probe
        2: beats expectations, beat expectations, tops estimates, record inflows, record profit, record revenue, upgrades, upgraded
        1.5: gain, gains, gained, gaining, rise, rises, rose, rising, climb, climbs, climbed, climbing, rebound, rebounds, rebounded, recover, recovers
        1.5: recovered, recovery, growth, profit, profits, profitable, success, successful, successfully, optimism, optimistic, strong, strength, stronger
        1.5: breakout, inflow, inflows, adoption, partnership, innovation, milestone, advance, advances, advanced, improve, improves, improved, improvement
        1.5: upside, beat, beats, benefit, benefits, confident, confidence, positive, exceeds, exceed, exceeded, short squeeze, accumulate, accumulates
        1: up, higher, support, supports, supported, launch, launches, launched, expand, expands, expanded, expansion, partner, partners, grow, grows
        1: grew, growing, good, great, better, best, secure, secures, secured, safe, safer, clarity, greenlight, opportunity, eager, welcome, welcomes
        1: rate cut, rate cuts, stable, steady, healthy, resilient, resilience, progress, promising, popular, demand, buying, integrates, integrate
        -1: down, lower, low, weak, weaker, weakness, delay, delays, delayed, doubt, doubts, uncertain, uncertainty, volatile, volatility, worry, worries
        -1: pressure, struggle, struggles, struggled, struggling, caution, cautious, warn, warns, warned, warning, halt, halts, halted, pause, pauses
        -1: bad, worse, worst, selling, outage, outages, concern, concerns, concerned, scrutiny, debt, slow, slows, slowed, slump, slips, slip, slipped
        -1.5: fall, falls, fell, falling, drop, drops, dropped, dropping, decline, declines, declined, declining, loss, losses, lose, loses, lost, losing
        -1.5: outflow, outflows, sink, sinks, sank, sinking, slide, slides, slid, sliding, retreat, retreats, fear, fears, risk, risks, risky, tumble
        -1.5: downgrade, downgrades, downgraded, layoff, layoffs, probe, probes, investigation, investigates, reject, rejects, rejected, rejection, fine
        -1.5: fined, penalty, penalties, deny, denies, denied, negative, downside, threat, threats, threatens, threatened, fail, fails, failed, failure
        -1.5: ban, bans, banned, violate, violates, violated, violation, violations, suspend, suspends, suspended, sell off, selloff, shutdown, shuts down
        -2: bearish, lawsuit, lawsuits, sue, sues, sued, suing, charge, charges, charged, indicted, indictment, plunge, plunges, plunged, plunging, crisis
        -2: tumbles, tumbled, tumbling, bear market, recession, sanction, sanctions, sanctioned, liquidation, liquidations, liquidated, default, defaults
        -2: vulnerability, vulnerabilities, attack, attacks, attacked, panic, arrest, arrests, arrested, guilty, convicted, prison, jailed, sentenced, bank run
        -2.5: hack, hacks, hacked, hacker, hackers, exploit, exploits, exploited, scam, scams, scammer, fraud, fraudulent, steal, steals, stole, stolen, theft
        -2.5: crash, crashes, crashed, crashing, bankrupt, bankruptcy, insolvent, insolvency, collapse, collapses, collapsed, collapsing, depeg, depegs
        -2.5: depegged, drained, laundering, ponzi, catastrophe, catastrophic, disaster, wipeout, meltdown, plummet, plummets, plummeted, plummeting
        -3: rug pull, rug pulled, record low, all time low, all time lows, record lows, record loss, worst day, worst week
        """

    static let negations: Set<String> = [
        "not", "no", "never", "without", "neither", "nor", "none", "cannot", "hardly", "barely", "lacks", "lack", "unlikely", "denies", "denied",
        "nothing",
    ]

    /// Verbs that turn round what they act on: losses pared are good, gains erased are not.
    static let turning: Set<String> = [
        "pares", "pare", "pared", "trims", "trim", "trimmed", "erases", "erase", "erased", "recoups", "recoup", "recouped", "reverses", "reverse",
        "reversed", "eases", "ease", "eased", "easing", "avoids", "avoid", "avoided", "averts", "averted", "ends", "shrugs", "wipes", "prevents",
        "prevent", "prevented", "dispels", "calms", "snaps",
    ]

    static let degrees: [String: Double] = [
        "very": 1.3, "sharply": 1.4, "massive": 1.4, "massively": 1.4, "huge": 1.4, "hugely": 1.4, "significantly": 1.3, "strongly": 1.3,
        "extremely": 1.5, "major": 1.3, "highly": 1.3, "deeply": 1.3, "steeply": 1.4, "dramatically": 1.4, "biggest": 1.3, "largest": 1.3,
        "slightly": 0.5, "somewhat": 0.6, "modestly": 0.6, "modest": 0.6, "marginally": 0.5, "minor": 0.5, "partly": 0.6, "mildly": 0.6,
        "little": 0.6,
        "small": 0.6,
    ]
}
