#!/bin/sh

# 206 works contoso/azure.sora1.content-video@preview
curl --fail-with-body -sS -g -H "api-key: $AZURE_OPENAI_API_KEY" -o video.mp4 'https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content/video?api-version=preview'

# 206 works contoso/azure.sora1.content-video@v1
# curl --fail-with-body -sS -g -H "api-key: $AZURE_OPENAI_API_KEY" -o video.mp4 'https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content/video?api-version=v1'

# 404 not found contoso/azure.sora1.content@preview
# curl --fail-with-body -sS -g -H "api-key: $AZURE_OPENAI_API_KEY" -o answer.json 'https://contoso.openai.azure.com/openai/v1/video/generations/gen_01k74fceydeb2rqtaa3ndyhs8d/content?api-version=preview'
