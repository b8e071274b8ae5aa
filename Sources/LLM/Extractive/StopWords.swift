/// Words that every English text uses, and those that every news text uses.
enum StopWords {
    static let english: Set<String> = Set(
        """
        a about above after again against all also am amid among an and any are around as at back be because been before being below between both but by
        can could day days did do does doing down during each even few first five for four from further get gets going had has have having he her here
        hers him his how however i if in including into is it its just last latest like made make makes making many may me might monday month months
        more most much must my near nearly new no nor not now of off on once one only onto or other others our out over own part per same several she
        should since six so some still such than that the their them then there these they this those three through time to today told toward towards
        two under until up upon us use used using very via was way we week weeks well were what when where whether which while who whom whose why will
        with within without would year years yesterday yet you your said say says saying according added noted report reported reports reporting read
        tuesday wednesday thursday friday saturday sunday january february march april june july august september october november december
        """.split { $0 == " " || $0 == "\n" }.map(String.init))
}
