UPDATE repositories SET download_count = download_count + 1 WHERE id = $1
