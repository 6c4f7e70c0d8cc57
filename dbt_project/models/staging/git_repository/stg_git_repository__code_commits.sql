{{ standing_commits('git_repository') }}
