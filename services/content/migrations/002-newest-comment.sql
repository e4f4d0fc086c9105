-- How many live comments a post has, replies too, and when the newest came.
create index comment_of_post_by_time on content.comment (post_id, created_at) where deleted_at is null;
