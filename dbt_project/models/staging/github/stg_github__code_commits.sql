{{ standing_commits('github') }}
