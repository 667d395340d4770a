"""What every package leans on: checks, types, threads and working memory."""
