/** What `--help` prints. The README shows the same text; a test keeps the two equal. */
export const HELP = `\
siem-client pulls an organisation's events from Cirrus Identity's log API.

Examples:
  siem-client --demo --since 1h     try it: made-up events, no account
  siem-client --since 24h --query user=ana@example.edu      search
  siem-client -c --output cirrus.jsonl        in cron: go on from last time

Which events:
  --since TIME     from then on (default: 7 days before --until). TIME is like
  --until TIME     2017-05-03T16:22:18Z, or an age like 90m, 24h, 7d. --until
                   ends the search (default, and latest: now)
  --query K=V,...  exact matches only; keys: tenant, service, metrictype,
                   metricsubtype, clientip, correlationid, user
  --limit N        events per query, 1 to 1000 (default: 1000)
  -x               one query only, even if there are more events. With -c: go
                   on from the saved position, but leave it where it is

Continuous:
  -c               go on where the last -c run stopped, save the position after
                   each page, end when there are no more events. The first run
                   starts 7 days ago, or at --since
  --position FILE  keep the position there (default: example-client.run in the
                   folder for temporary files, /tmp on Unix)

Output:
  --output FILE    append there instead of standard output. With -c no event is
                   lost or doubled in it, even by a crash; it may be rotated
  --format FORMAT  json: an indented array per page (default); ndjson: one
                   event per line (default for --output)

Service:
  --apikey KEY     API key (default: $API_KEY)
  --apisecret SECRET
                   its secret (default: $API_SECRET, which other users of this
                   host cannot see in the list of processes)
  --orgurl URL     organisation, exact to the trailing slash; needed where the
                   key is for several
  --apiurl URL     default: https://api.cirrusidentity.com/logs/v1
  --api siem|log   which API is at --apiurl, where its path does not tell: log
                   ends in /logs/v1 or /orgLogs, everything else is siem
  --retries N      how often a failed call is made again (default: 5)
  --timeout SECONDS
                   give a call up after so long without a byte (default: 60)
  --demo           a built-in service with made-up events, on this host only

Other:
  -v               say on standard error what is done
  -h, --help       this text
  -V, --version    the version

Exit status: 0 done, 1 fault of ours, 2 usage, 3 refused by the service, 4 its
answer is unusable, 5 unreachable, 6 output, 7 position, 128+n signal n.
`;
