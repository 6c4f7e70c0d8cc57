{{ standing_commits('bitbucket') }}
