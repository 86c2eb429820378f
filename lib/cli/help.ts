/** What `--help` prints. The README shows the same text; a test keeps the two equal. */
export const HELP = `\
siem-client pulls an organisation's events from Cirrus Identity's log API.

  siem-client --demo --since 1h --format table     try it, without an account
  siem-client --since 24h --query user=amara@example.edu     search
  siem-client -c --output cirrus.jsonl     in cron: go on from last time

Search:
  --since TIME        2017-05-03T16:22:18Z or an age: 90m, 24h, 7d (default 7d)
  --until TIME        the same (default, and latest: now)
  --query K=V,...     exact matches; keys: tenant, service, metrictype,
                      metricsubtype, clientip, correlationid, user
  --limit N           events per query, 1 to 1000 (default 1000)
  -x                  one query only, even if there are more events
  --summary           afterwards an overview on standard error
Continuous:
  -c                  go on where the last -c run stopped; the first one starts
                      at --since. With -x the position stays where it is
  --position FILE     where that is kept (default /tmp/example-client.run)
  --every SPAN        stay, and pull again each SPAN; 5m is recommended
  --budget SPAN       stop after SPAN at the next page; the next run goes on
  --status            only say, in JSON, how far the position is
  --max-lag SPAN      with --status: exit 1 if it is further behind than SPAN
Output:
  --output FILE       append there. With -c no event is lost or doubled in it,
                      even by a crash; it may be rotated by renaming
  --format FORMAT     json: indented (default); ndjson: one event per line
                      (default for --output); table: for people
Connection:
  --credentials FILE  a private file with API_KEY= and API_SECRET= lines
  --apikey KEY, --apisecret SECRET
                      the same, but others on this host can see them (default:
                      $API_KEY and $API_SECRET)
  --orgurl URL        organisation, exact to the trailing slash
  --apiurl URL        default https://api.cirrusidentity.com/logs/v1
  --api siem|log      which API that is (default: log where its path ends in
                      /logs/v1 or /orgLogs, else siem)
  --retries N         how often a failed call is made again (default 5)
  --timeout SECONDS   give a call up after so long without a byte (default 60)
  --demo              a built-in service with made-up events, on this host only
Other:
  -v                  say on standard error what is done
  -h, --help          this text
  -V, --version       version, runtime and target

Exit status: 0 done, 1 fault of ours, 2 usage, 3 refused by the service, 4 its
answer is unusable, 5 unreachable, 6 output, 7 position, 128+n signal n.
`;
