{{ standing_commits('gitlab') }}
