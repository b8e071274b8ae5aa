// Newsroom: articles become understanding. Read in this order: Job and JobSchedule (what is done when), Triage (which articles deserve a
// model), Enricher (what an article says), NarrativeDesk (the stories that several articles tell), Signals and PatternWatch (what stands
// out), BriefingDesk (the digests). It calls models through the gateway alone and reads and writes the store; it knows no source, no HTTP
// and owns no loop: the host runs the jobs. Tests: Tests/NewsroomTests.
