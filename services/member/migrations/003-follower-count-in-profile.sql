-- The stored number of followers, so that other services show it without counting rows of member.follow.
create or replace view member.public_profile as
  select id as member_id, member_name, handle, display_name, avatar_url, privacy_level, withdrawn_at is not null as withdrawn,
         case when privacy_level = 'PUBLIC' then bio end as public_bio, verification_status, updated_at, followers_count
  from member.member;
